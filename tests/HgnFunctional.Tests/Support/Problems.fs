/// Motions that are known in closed form, or to rounding by another route: what integrators are measured against.
module HgnFunctional.Tests.Support.Problems

open System
open MathNet.Numerics.LinearAlgebra
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Features
open HgnFunctional.Models
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics

/// A start, with the state at any later time as (q, p) in one array.
[<NoEquality; NoComparison>]
type Problem =
    {
        Name: string
        Hamiltonian: ISeparableHamiltonian
        Start: PhaseState
        At: float -> float[]
        /// How long to follow it.
        Duration: float
    }

/// (q, p) in one array.
let flat (state: PhaseState) : float[] = Array.append (state.Positions.ToArray()) (state.Momenta.ToArray())

/// A chain of five springs and masses on a line, by its normal modes.
let chain: Problem =
    let bodies, stiffness = 5, 1.3
    let masses = [| 1.0; 2.0; 1.5; 1.0; 0.5 |]
    let roots = Array.map sqrt masses
    let displacements = [| 0.1; -0.15; 0.2; -0.05; 0.12 |]
    let momenta = [| 0.3; -0.2; 0.1; 0.25; -0.3 |]
    let structure = Structure.create (Cell.openSpace 1) (Relations.bonds (Topology.grid [ bodies ]).Graph) masses

    let springs =
        Matrix<float>
            .Build.Dense(
                bodies,
                bodies,
                fun i j ->
                    if i = j then (if i = 0 || i = bodies - 1 then stiffness else 2.0 * stiffness)
                    elif abs (i - j) = 1 then -stiffness
                    else 0.0
            )

    let scaled = Matrix<float>.Build.Dense(bodies, bodies, fun i j -> springs[i, j] / (roots[i] * roots[j]))
    let modes = scaled.Evd(Symmetricity.Symmetric)
    let inModes values = modes.EigenVectors.TransposeThisAndMultiply(Vector<float>.Build.Dense(values: float[]))
    let amplitudes = inModes (Array.map2 (*) displacements roots)
    let rates = inModes (Array.map2 (/) momenta roots)

    let at (time: float) : float[] =
        let mode k =
            let frequency = sqrt (max 0.0 modes.EigenValues[k].Real)

            if frequency < 1e-6 then
                amplitudes[k] + rates[k] * time, rates[k]
            else
                let c, s = cos (frequency * time), sin (frequency * time)
                amplitudes[k] * c + rates[k] / frequency * s, rates[k] * c - amplitudes[k] * frequency * s

        let all = Array.init bodies mode
        let bodiesOf pick = (modes.EigenVectors * Vector<float>.Build.Dense(Array.map pick all)).ToArray()
        let q = Array.mapi2 (fun body u root -> float body + u / root) (bodiesOf fst) roots
        Array.append q (Array.map2 (*) (bodiesOf snd) roots)

    {
        Name = "chain of springs"
        Hamiltonian = PairSystem(structure, PairPotential.harmonic stiffness 1.0)
        Start = PhaseState.create bodies 1 (Array.mapi (fun body u -> float body + u) displacements) momenta
        At = at
        Duration = 40.0
    }

/// Two bodies under gravity on ellipses of eccentricity 0.3, by Kepler's equation.
let kepler: Problem =
    let first, second, strength, eccentricity = 1.0, 2.0, 1.7, 0.3
    let reduced = first * second / (first + second)
    let frequency = sqrt (strength / reduced)
    let minor = sqrt (1.0 - eccentricity * eccentricity)
    let structure = Structure.create (Cell.openSpace 2) (Relations.bonds (Topology.complete 2).Graph) [| first; second |]

    let at (time: float) : float[] =
        let meanAnomaly = frequency * time
        let improve anomaly = anomaly - (anomaly - eccentricity * sin anomaly - meanAnomaly) / (1.0 - eccentricity * cos anomaly)
        let anomaly = Seq.fold (fun anomaly _ -> improve anomaly) meanAnomaly [ 1..50 ]
        let rate = frequency / (1.0 - eccentricity * cos anomaly)
        let r = [| cos anomaly - eccentricity; minor * sin anomaly |]
        let v = [| -rate * sin anomaly; rate * minor * cos anomaly |]
        let share mass = Array.map (fun x -> mass / (first + second) * x) r
        let momentum = Array.map (fun x -> reduced * x) v
        Array.concat [ share -second; share first; Array.map (~-) momentum; momentum ]

    let start = at 0.0

    {
        Name = "Kepler's ellipse"
        Hamiltonian = PairSystem(structure, PairPotential.gravity strength)
        Start = PhaseState.create 2 2 start[..3] start[4..]
        At = at
        Duration = 4.8
    }

/// T = sum_i sqrt(m_i^2 + |p_i|^2), the potential that of a system: not quadratic in the momenta.
type Relativistic(masses: float[], rest: ISeparableHamiltonian) =
    let dimension = rest.Dimension

    let energy (p: float[]) (body: int) =
        sqrt (Array.sumBy (fun x -> x * x) p[body * dimension .. body * dimension + dimension - 1] + masses[body] * masses[body])

    let kinetic (p: float[]) = Seq.sumBy (energy p) [ 0 .. masses.Length - 1 ]
    let velocity (p: float[]) = p |> Array.mapi (fun k x -> x / energy p (k / dimension))

    interface ISeparableHamiltonian with
        member _.Bodies = rest.Bodies
        member _.Dimension = dimension
        member _.Value(q, p) = kinetic (p.ToArray()) + rest.PotentialEnergy q
        member _.KineticEnergy(p) = kinetic (p.ToArray())
        member _.PotentialEnergy(q) = rest.PotentialEnergy q
        member _.VelocityInto(p, destination) = (velocity (p.ToArray())).CopyTo destination
        member _.ForceInto(q, destination) = rest.ForceInto(q, destination)

        member _.GradientInto(q, p, gradientQ, gradientP) =
            rest.ForceInto(q, gradientQ)

            for k in 0 .. gradientQ.Length - 1 do
                gradientQ[k] <- -gradientQ[k]

            (velocity (p.ToArray())).CopyTo gradientP

/// The chain of springs with relativistic kinetic energy; the reference is a Gauss method of order 16, whose error is below
/// rounding at these steps.
let relativistic: Problem =
    let hamiltonian = Relativistic([| 1.0; 2.0; 1.5; 1.0; 0.5 |], chain.Hamiltonian)
    let duration = 40.0

    let reference =
        lazy
            (match
                Trajectory.record (RungeKutta.on hamiltonian (RungeKuttaMethod.gaussLegendre 8)) (duration / 400.0) 400 100 chain.Start
             with
             | Ok states -> Array.map flat states
             | Error error -> invalidOp (string error))

    {
        Name = "relativistic chain"
        Hamiltonian = hamiltonian
        Start = chain.Start
        At = fun time -> reference.Value[int (round (4.0 * time / duration))]
        Duration = duration
    }

/// Settings of methods that want to know more than the time step.
let settings: IntegratorSettings = { Tolerance = 1e-11; Coupling = { Rate = 10.0; MomentumPerLength = 1.0 } }

/// A method with a Hamiltonian that splits, which suits every method.
let pair (hamiltonian: ISeparableHamiltonian) (method: IntegrationMethod) : Integrator =
    match method.TryStart settings (Separable hamiltonian) with
    | Ok integrator -> integrator
    | Error refusal -> invalidOp (string refusal)

/// Distance from the exact states at the four quarters of the duration, as root of the sum of squares; NaN if a step failed.
let error (problem: Problem) (method: IntegrationMethod) (steps: int) : float =
    match Trajectory.record (pair problem.Hamiltonian method) (problem.Duration / float steps) steps (steps / 4) problem.Start with
    | Error _ -> nan
    | Ok states ->
        [
            for quarter in 1..4 ->
                Array.map2 (fun a b -> pown (a - b) 2) (flat states[quarter]) (problem.At(0.25 * float quarter * problem.Duration))
        ]
        |> List.sumBy Array.sum
        |> sqrt

/// Errors above this are those of the method, not of rounding.
let private roundingFloor = 5e-12

/// The order measured on a problem: the slope of log error over log steps at the five finest step counts, a fourth root of
/// two apart, whose errors are above rounding.
let measuredOrder (problem: Problem) (method: IntegrationMethod) : float =
    let counts = [ for k in 12..52 -> 4 * int (round (0.25 * 2.0 ** (0.25 * float k))) ] |> List.distinct

    let finest =
        counts
        |> Seq.map (fun n -> n, error problem method n)
        |> Seq.takeWhile (fun (_, e) -> not (e < roundingFloor))
        |> List.ofSeq

    let points = finest |> List.filter (snd >> Double.IsFinite) |> List.rev |> List.truncate 5

    if points.Length < 5 then
        invalidOp $"{method.Name} on {problem.Name}: only {points.Length} errors are above rounding"

    let logs pick = points |> List.map (pick >> log) |> Array.ofList
    let struct (_, slope) = MathNet.Numerics.LinearRegression.SimpleRegression.Fit(logs (fst >> float), logs snd)
    -slope
