namespace HgnFunctional

open System

/// How well a simulation kept what its Hamiltonian conserves.
[<NoComparison>]
type Conservation =
    {
        /// Largest |H(t) - H(0)| over the mean kinetic energy.
        EnergyDriftMax: float
        /// Slope of a least-squares line through (H(t) - H(0)) over the mean kinetic energy, per unit of time.
        EnergyDriftSlope: float
        /// Largest |P(t) - P(0)| over the sum of |p_i| at the start.
        MomentumDrift: float
        /// Largest |L(t) - L(0)| over the sum of |q_i| |p_i| at the start; none in periodic space, where it is not conserved.
        AngularMomentumDrift: float option
    }

/// Total momentum and angular momentum.
[<RequireQualifiedAccess>]
module Momenta =

    /// Sum of the momenta [d].
    let total (state: PhaseState) : float[] =
        let d = state.Dimension
        let sum = Array.zeroCreate<float> d

        for k in 0 .. state.Momenta.Length - 1 do
            sum[k % d] <- sum[k % d] + state.Momenta[k]

        sum

    /// Sum of q_a p_b - q_b p_a for each pair of axes a < b, about the origin [d (d - 1) / 2].
    let angular (state: PhaseState) : float[] =
        let d = state.Dimension

        [|
            for a in 0 .. d - 1 do
                for b in a + 1 .. d - 1 do
                    let mutable sum = 0.0

                    for first in 0..d .. state.Positions.Length - 1 do
                        sum <-
                            sum + state.Positions[first + a] * state.Momenta[first + b]
                            - state.Positions[first + b] * state.Momenta[first + a]

                    sum
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

    /// The drift of a number that a run should conserve.
    let ofScalar (quantity: PhaseState -> float) : Observer<Drift> =
        Observer.foldFrom (fun start -> quantity start, noSums) (fun (first, sums) time state ->
            first, addError sums time (quantity state - first))
        |> Observer.map (function
            | None -> { Max = 0.0; Slope = 0.0 }
            | Some(_, sums) -> { Max = sums.Largest; Slope = if sums.TimeTime > 0.0 then sums.TimeError / sums.TimeTime else 0.0 })

    /// The largest distance of a vector from its first value.
    let ofVector (quantity: PhaseState -> float[]) : Observer<float> =
        let distance (now: float[]) (before: float[]) : float = sqrt (Array.fold2 (fun sum a b -> sum + (a - b) * (a - b)) 0.0 now before)

        Observer.foldFrom (fun start -> struct (quantity start, 0.0)) (fun (struct (first, largest)) _ state ->
            struct (first, max largest (distance (quantity state) first)))
        |> Observer.map (function
            | None -> 0.0
            | Some(struct (_, largest)) -> largest)

    /// The drift of H, in units of energy.
    let energy (hamiltonian: IHamiltonian) : Observer<Drift> = ofScalar (Hamiltonian.value hamiltonian)

    /// The largest |P(t) - P(0)|.
    let momentum: Observer<float> = ofVector Momenta.total

    /// The largest |L(t) - L(0)|, about the origin.
    let angularMomentum: Observer<float> = ofVector Momenta.angular

    let private kineticEnergy (structure: Structure) (state: PhaseState) : float =
        let configuration = Configuration(structure, Pairs.OfOwned([||], [||]), state.Positions, state.Momenta)
        Array.sum (Invariants.kinetic &configuration)

    /// The mean kinetic energy sum_i |p_i|^2 / (2 m_i).
    let private meanKineticEnergy (structure: Structure) : Observer<float> =
        Observer.fold (fun (struct (count, sum)) _ state -> struct (count + 1, sum + kineticEnergy structure state)) (struct (0, 0.0))
        |> Observer.map (fun (struct (count, sum)) -> sum / float (max 1 count))

    let private norms (dimension: int) (values: ReadOnlySpan<float>) : float[] =
        values.ToArray() |> Array.chunkBySize dimension |> Array.map (Array.sumBy (fun x -> x * x) >> sqrt)

    /// The sums of |p_i| and of |q_i| |p_i| in the first state.
    let private scales: Observer<struct (float * float)> =
        let measure (state: PhaseState) =
            let p = norms state.Dimension state.Momenta
            struct (Array.sum p, Array.sum (Array.map2 (*) (norms state.Dimension state.Positions) p))

        Observer.foldFrom measure (fun scales _ _ -> scales) |> Observer.map (Option.defaultValue (struct (0.0, 0.0)))

    let private over (scale: float) (x: float) : float = if x = 0.0 then 0.0 else x / scale

    /// Everything that a Hamiltonian of bodies on a structure conserves, relative to the size of the motion.
    let observer (structure: Structure) (hamiltonian: IHamiltonian) : Observer<Conservation> =
        Observer.both
            (Observer.both (energy hamiltonian) (meanKineticEnergy structure))
            (Observer.both scales (Observer.both momentum angularMomentum))
        |> Observer.map (fun ((energy, kinetic), (struct (momentumScale, angularScale), (momentum, angularMomentum))) ->
            {
                EnergyDriftMax = over kinetic energy.Max
                EnergyDriftSlope = over kinetic energy.Slope
                MomentumDrift = over momentumScale momentum
                AngularMomentumDrift =
                    if structure.Cell.IsPeriodic then
                        None
                    else
                        Some(over angularScale angularMomentum)
            })
