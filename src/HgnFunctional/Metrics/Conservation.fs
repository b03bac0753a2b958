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

/// Collects conservation along a simulation, state by state.
[<Sealed>]
type ConservationObserver(structure: Structure, hamiltonian: IHamiltonian, start: PhaseState) =

    let d = structure.Dimension
    let energyAtStart = Hamiltonian.value hamiltonian start
    let momentumAtStart, angularAtStart = Momenta.total start, Momenta.angular start

    let norms (values: ReadOnlySpan<float>) : float[] =
        let values = values.ToArray()
        Array.init structure.Bodies (fun body -> sqrt (Array.sumBy (fun x -> x * x) values[body * d .. body * d + d - 1]))

    let momentumScale = Array.sum (norms start.Momenta)
    let angularScale = Array.sum (Array.map2 (*) (norms start.Positions) (norms start.Momenta))
    let times, errors = ResizeArray<float>(), ResizeArray<float>()
    let mutable kinetic = 0.0
    let mutable momentumDrift = 0.0
    let mutable angularDrift = 0.0

    let distance (now: float[]) (before: float[]) : float = sqrt (Array.fold2 (fun sum a b -> sum + (a - b) * (a - b)) 0.0 now before)

    let over (scale: float) (x: float) : float = if x = 0.0 then 0.0 else x / scale

    /// Takes the state at a time.
    member _.Observe(time: float, state: PhaseState) : unit =
        let configuration = Configuration(structure, Pairs.OfOwned([||], [||]), state.Positions, state.Momenta)
        times.Add time
        errors.Add(Hamiltonian.value hamiltonian state - energyAtStart)
        kinetic <- kinetic + Array.sum (Invariants.kinetic &configuration)
        momentumDrift <- max momentumDrift (distance (Momenta.total state) momentumAtStart)
        angularDrift <- max angularDrift (distance (Momenta.angular state) angularAtStart)

    /// What was seen so far.
    member _.Result: Conservation =
        let meanKinetic = kinetic / float (max 1 times.Count)

        let slope =
            if times.Count < 2 then
                0.0
            else
                let struct (_, slope) = MathNet.Numerics.LinearRegression.SimpleRegression.Fit(times.ToArray(), errors.ToArray())
                slope

        {
            EnergyDriftMax = errors |> Seq.map abs |> Seq.fold max 0.0 |> over meanKinetic
            EnergyDriftSlope = over meanKinetic slope
            MomentumDrift = over momentumScale momentumDrift
            AngularMomentumDrift = if structure.Cell.IsPeriodic then None else Some(over angularScale angularDrift)
        }
