namespace HgnFunctional.Metrics

open System
open System.Numerics.Tensors
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Integrators

/// How well a simulation kept what its Hamiltonian conserves, relative to the motion at its start: what the run itself does to
/// its speeds does not hide a drift. The scale of energies is the kinetic energy at the start or, if that is more, the energy
/// that steepest descent would release from there (a start from rest has no other); the scale of momenta follows from both.
[<NoComparison>]
type Conservation =
    {
        /// Largest |H(t) - W(t) - H(0)| over the scale of energies and the largest |W|, where W is the work of forces that no energy gives,
        /// such as drag.
        EnergyDriftMax: float
        /// Slope of a least-squares line through (H(t) - W(t) - H(0)) over the same, per unit of time.
        EnergyDriftSlope: float
        /// Largest |P(t) - P(0)| over the sum of |p_i| at the start; where the scale of energies is not the kinetic one, of the
        /// momenta that it gives; none where something outside acts (fields, drag, pins), which takes up momentum.
        MomentumDrift: float option
        /// Largest |L(t) - L(0)| about the centre of mass, over the sum of |q_i| |p_i| from there; none in periodic space and
        /// where something outside acts, since it is not conserved there.
        AngularMomentumDrift: float option
        /// W at the end over the scale of energies: below 0 where drag took energy. 0 for a Hamiltonian alone.
        Work: float
    }

/// Total momentum and angular momentum.
[<RequireQualifiedAccess>]
module Momenta =

    /// Sum of the momenta [d].
    let total (state: PhaseState) : float[] =
        let d = state.Dimension
        let sum = Array.zeroCreate<float> d

        let momenta = state.Momenta

        for body in 0 .. state.Bodies - 1 do
            for axis in 0 .. d - 1 do
                sum[axis] <- sum[axis] + momenta[body * d + axis]

        sum

    /// Sum of q_a p_b - q_b p_a for each pair of axes a < b, about the origin [d (d - 1) / 2].
    let angular (state: PhaseState) : float[] =
        let d = state.Dimension

        let inPlane (a: int) (b: int) : float =
            let positions = state.Positions
            let momenta = state.Momenta
            let mutable sum = 0.0

            for body in 0 .. state.Bodies - 1 do
                let first = body * d
                sum <- sum + positions[first + a] * momenta[first + b] - positions[first + b] * momenta[first + a]

            sum

        [|
            for a in 0 .. d - 1 do
                for b in a + 1 .. d - 1 do
                    inPlane a b
        |]

/// Sums from which a drift follows: of errors e at times t, by the updates of Welford 1962 (doi:10.2307/1266577).
[<Struct; NoComparison>]
type private DriftSums =
    { Count: int; Largest: float; MeanTime: float; MeanError: float; TimeTime: float; TimeError: float }

/// How a quantity moved away from its first value.
[<NoComparison>]
type Drift =
    {
        /// Largest distance from the first value.
        Max: float
        /// Slope of a least-squares line through the differences, per unit of time.
        Slope: float
    }

/// Observers of what a run conserves.
[<RequireQualifiedAccess>]
module Conservation =

    /// The state with positions from the centre of mass.
    let private aboutCentre (masses: float[]) (state: PhaseState) : PhaseState =
        let d = state.Dimension
        let positions = state.Positions.ToArray()
        let total = Array.sum masses

        for axis in 0 .. d - 1 do
            let mutable sum = 0.0

            for body in 0 .. masses.Length - 1 do
                sum <- sum + masses[body] * positions[body * d + axis]

            let centre = sum / total

            for body in 0 .. masses.Length - 1 do
                positions[body * d + axis] <- positions[body * d + axis] - centre

        PhaseState.OfOwned(state.Bodies, d, positions, state.Momenta.ToArray())

    let private noSums: DriftSums =
        { Count = 0; Largest = 0.0; MeanTime = 0.0; MeanError = 0.0; TimeTime = 0.0; TimeError = 0.0 }

    let private addError (sums: DriftSums) (time: float) (error: float) : DriftSums =
        let count = sums.Count + 1
        let offset = time - sums.MeanTime
        let meanTime = sums.MeanTime + offset / float count
        let meanError = sums.MeanError + (error - sums.MeanError) / float count

        {
            Count = count
            Largest = max sums.Largest (abs error)
            MeanTime = meanTime
            MeanError = meanError
            TimeTime = sums.TimeTime + offset * (time - meanTime)
            TimeError = sums.TimeError + offset * (error - meanError)
        }

    let private ofMoments (quantity: RunMoment -> float) : Observer<Drift> =
        (None, noSums)
        |> Observer.foldMoments (fun (first, sums) moment ->
            let now = quantity moment
            let first = Option.defaultValue now first
            Some first, addError sums moment.Time (now - first))
        |> Observer.map (fun (first, sums) -> first |> Option.map (fun first -> first, sums))
        |> Observer.map (function
            | None -> { Max = 0.0; Slope = 0.0 }
            | Some(_, sums) -> { Max = sums.Largest; Slope = if sums.TimeTime > 0.0 then sums.TimeError / sums.TimeTime else 0.0 })

    /// The drift of a number that a run should conserve.
    let ofScalar (quantity: PhaseState -> float) : Observer<Drift> = ofMoments (fun moment -> quantity moment.State)

    /// The largest distance of a vector from its first value.
    let ofVector (quantity: PhaseState -> float[]) : Observer<float> =
        let distance (now: float[]) (before: float[]) : float = sqrt (Array.fold2 (fun sum a b -> sum + (a - b) * (a - b)) 0.0 now before)

        Observer.foldFrom (fun start -> struct (quantity start, 0.0)) (fun (struct (first, largest)) _ state ->
            struct (first, max largest (distance (quantity state) first)))
        |> Observer.map (function
            | None -> 0.0
            | Some(struct (_, largest)) -> largest)

    /// The drift of H less the work of forces that no energy gives, in units of energy: both are kept to the order of the method.
    let energy (hamiltonian: IHamiltonian) : Observer<Drift> =
        ofMoments (fun moment -> Hamiltonian.value hamiltonian moment.State - moment.Work)

    /// The largest |P(t) - P(0)|.
    let momentum: Observer<float> = ofVector Momenta.total

    /// The largest |L(t) - L(0)|, about the centre of the given masses [N]. About any other place the total momentum would take
    /// part, by the more the farther away it is.
    let angularMomentum (masses: float[]) : Observer<float> = ofVector (aboutCentre masses >> Momenta.angular)

    let private kineticEnergy (structure: Structure) (state: PhaseState) : float =
        let configuration = Configuration(structure, RelatedPairs.None, state.Positions, state.Momenta)
        Array.sum (Invariants.kinetic &configuration)

    let private norms (dimension: int) (values: ReadOnlySpan<float>) : float[] =
        values.ToArray() |> Array.chunkBySize dimension |> Array.map (Array.sumBy (fun x -> x * x) >> sqrt)

    /// The potential energy that steepest descent would release: (a . F)^2 / (2 a . V'' a) along the accelerations a = F / m,
    /// with the curvature by differences of forces. 0 where nothing acts, or where the potential is straight along a.
    let private releasable (hamiltonian: IHamiltonian) (masses: float[]) (start: PhaseState) : float =
        let d = start.Dimension

        let forceAt (positions: float[]) : float[] =
            PhaseState.OfOwned(start.Bodies, d, positions, start.Momenta.ToArray()) |> Hamiltonian.timeDerivative hamiltonian |> snd

        let positions = start.Positions.ToArray()
        let force = forceAt positions
        let along = force |> Array.mapi (fun k f -> f / masses[k / d])
        let dot (a: float[]) (b: float[]) = TensorPrimitives.Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
        let longest = abs (TensorPrimitives.MaxMagnitude(ReadOnlySpan<float> along))
        let spacing = Stepper.spread d start.Positions / float start.Bodies ** (1.0 / float d)

        if not (longest > 0.0 && Double.IsFinite longest) then
            0.0
        else
            let step = 1e-6 * spacing / longest
            let there = forceAt (Array.map2 (fun q a -> q + step * a) positions along)
            let curvature = (dot along force - dot along there) / step
            let released = dot along force * dot along force / (2.0 * abs curvature)
            if Double.IsFinite released then released else 0.0

    /// Sizes of the motion at the start: energy, momentum, angular momentum.
    [<Struct>]
    type private Scales = { Energy: float; Momentum: float; AngularMomentum: float }

    let private scalesOf (structure: Structure) (hamiltonian: IHamiltonian) (start: PhaseState) : Scales =
        let masses = structure.Masses.ToArray()
        let kinetic = kineticEnergy structure start
        let released = releasable hamiltonian masses start
        let energy = max kinetic released

        // Where little moves yet, a body's share of the energy says how much it will.
        let momenta =
            norms start.Dimension start.Momenta
            |> Array.map2
                (fun mass p ->
                    if released > kinetic then
                        max p (sqrt (2.0 * mass * energy / float masses.Length))
                    else
                        p)
                masses

        let arms = norms start.Dimension (aboutCentre masses start).Positions

        {
            Energy = energy
            Momentum = Array.sum momenta
            AngularMomentum = Array.sum (Array.map2 (*) arms momenta)
        }

    let private scales (structure: Structure) (hamiltonian: IHamiltonian) : Observer<Scales> =
        Observer.foldFrom (scalesOf structure hamiltonian) (fun scales _ _ -> scales)
        |> Observer.map (Option.defaultValue { Energy = 0.0; Momentum = 0.0; AngularMomentum = 0.0 })

    /// The work of forces that no energy gives, and the most there was of it, taken or given.
    let private work: Observer<struct (float * float)> =
        Observer.foldMoments (fun (struct (_, most)) moment -> struct (moment.Work, max most (abs moment.Work))) (struct (0.0, 0.0))

    let private over (scale: float) (x: float) : float = if x = 0.0 then 0.0 else x / scale

    /// What a run of bodies on a structure conserves, relative to the size of the motion. Something outside acts where the bodies
    /// are not alone: then momenta are not conserved, nor are they where bodies are pinned.
    let observerOf (actsFromOutside: bool) (structure: Structure) (hamiltonian: IHamiltonian) : Observer<Conservation> =
        let isAlone = not actsFromOutside && structure.PinnedBodies = 0

        Observer.both
            (Observer.both (Observer.both (energy hamiltonian) (scales structure hamiltonian)) work)
            (Observer.both momentum (angularMomentum (structure.Masses.ToArray())))
        |> Observer.map (fun (((energy, scales), struct (work, mostWork)), (momentum, angularMomentum)) ->
            // What is driven may come to move far more than at the start.
            let moved = scales.Energy + mostWork

            {
                EnergyDriftMax = over moved energy.Max
                EnergyDriftSlope = over moved energy.Slope
                MomentumDrift = if isAlone then Some(over scales.Momentum momentum) else None
                AngularMomentumDrift =
                    if isAlone && not structure.Cell.IsPeriodic then
                        Some(over scales.AngularMomentum angularMomentum)
                    else
                        None
                Work = over scales.Energy work
            })

    /// As `observerOf`, of bodies on which nothing else acts.
    let observer (structure: Structure) (hamiltonian: IHamiltonian) : Observer<Conservation> = observerOf false structure hamiltonian
