namespace HgnFunctional.Experiments

open System
open System.IO
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Features
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Integrators
open HgnFunctional.Metrics
open HgnFunctional.IO
open HgnFunctional.Tests.Support

/// The page docs/INTEGRATORS.md: every method with its claims and what is measured of them, and what a learned model's
/// energy does over a long run.
[<RequireQualifiedAccess>]
module Integrators =

    let private expect (result: Result<'value, 'error>) : 'value =
        match result with
        | Ok value -> value
        | Error error -> invalidOp (string (box error))

    let private yesNo (holds: bool) : string = if holds then "yes" else "no"

    let private spaceOf (method: IntegrationMethod) : string =
        match method.Symplecticity with
        | NotSymplectic -> "no"
        | Symplectic -> "yes"
        | SymplecticExtended -> "in the extended space"

    let private orderOf (method: IntegrationMethod) : string =
        if method.Order = method.GeneralOrder then
            string method.Order
        else
            $"{method.Order} ({method.GeneralOrder} for any T)"

    let private measured (problem: Problems.Problem) (method: IntegrationMethod) : string =
        if method.HasFixedStep then
            (Problems.measuredOrder problem method).ToString("0.00", Globalization.CultureInfo.InvariantCulture)
        else
            "adapts"

    let private methods () : string list =
        let row (method: IntegrationMethod) =
            [
                method.Name
                orderOf method
                measured Problems.chain method
                measured Problems.kepler method
                yesNo method.IsSymmetric
                spaceOf method
                (if method.IsExplicit then "explicit" else "implicit")
                (if method.NeedsSeparable then "T(p) + V(q)" else "any")
                method.Source
            ]

        let header = [ "name"; "order"; "on the chain"; "on Kepler"; "symmetric"; "symplectic"; "step"; "needs H ="; "source" ]
        Page.table header (IntegrationMethod.all |> List.map row)

    /// A model trained on the cube of 8 bodies that LAMMPS simulated, on that cube, and its first state.
    let private learned () : Structure * ISeparableHamiltonian * PhaseState =
        let file extension = Path.Combine(AppContext.BaseDirectory, "data", "spring_2x2x2" + extension)
        let options = TrajectoryFile.bondsOf (file ".data")

        let model =
            TrajectoryFile.snapshots options [ file ".lammpstrj" ] |> Training.fitStream TrainingConfig.defaults ignore |> expect

        let { Structure = structure; State = start } = TrajectoryFile.initial options None (file ".lammpstrj") |> expect

        match Model.bind structure model |> expect with
        | Separable hamiltonian -> structure, hamiltonian, start
        | General _
        | Driven _ -> invalidOp "The default model splits into T(p) + V(q)."

    let private timeStep = 0.1

    /// Largest deviation of the energy within the first 10^2, 10^3, ... steps, and the rise of the least-squares line over
    /// the whole run, both over the kinetic energy at the start.
    let private energyRow
        (exponents: int list)
        (structure, hamiltonian: ISeparableHamiltonian, start: PhaseState)
        (method: IntegrationMethod)
        =
        eprintfn $"energy of the learned model with {method.Name}"
        let configuration = Configuration(structure, Structure.pairs structure start.Positions, start.Positions, start.Momenta)
        let kinetic = Array.sum (Invariants.kinetic &configuration)
        let steps = pown 10 (List.last exponents)
        let settings = IntegratorSettings.suggest timeStep hamiltonian start

        let integrator = method.TryStart settings (Separable hamiltonian) |> expect

        let first = Hamiltonian.value hamiltonian start

        let within =
            Observer.fold
                (fun (largest: float list) time state ->
                    let error = abs (Hamiltonian.value hamiltonian state - first) / kinetic
                    let steps = time / timeStep
                    List.map2 (fun exponent so -> if steps <= 1.0001 * 10.0 ** float exponent then max so error else so) exponents largest)
                (exponents |> List.map (fun _ -> 0.0))

        let observer = Observer.both within (Conservation.energy hamiltonian)
        let largest, drift = Trajectory.observe observer integrator timeStep steps 10 start |> expect
        method.Name :: List.map Page.number largest @ [ Page.number (drift.Slope * timeStep * float steps / kinetic) ]

    let private compared: IntegrationMethod list =
        [
            Splitting.method SplittingMethod.stormerVerlet
            Splitting.method SplittingMethod.forestRuth
            Splitting.method SplittingMethod.blanesMoanNystrom4
            RungeKutta.method RungeKuttaMethod.implicitMidpoint
            Extended.method ExtendedMethod.tao2
            RungeKutta.method RungeKuttaMethod.rk4
        ]

    let private energies (quick: bool) : string list =
        let exponents = if quick then [ 2; 3 ] else [ 2..6 ]
        let header = "method" :: (exponents |> List.map (fun k -> $"within 10^{k} steps")) @ [ "rise of the line" ]
        Page.table header (compared |> List.map (energyRow exponents (learned ())))

    /// The lines of the page.
    let page (quick: bool) : string list =
        [
            "# Integrators"
            ""
            "Written by `dotnet fsi build.fsx experiments integrators`."
            ""
            "A method is data with claims; `IntegrationMethod.all` lists them, and the tests under `Integrators` and `Flows` check"
            "each claim of each: order, area, reversal, momentum, angular momentum, symmetry. Orders are measured against closed"
            "forms: normal modes of a chain of five springs, and Kepler's ellipse of eccentricity 0.3."
            ""
            yield! methods ()
            ""
            "Methods of Nystroem type (SRKN) have their full order where T is quadratic in the momenta, which holds for known"
            "systems and nearly for learned ones. The methods of Tao hold two copies of the state together: `coupling` is the rate"
            "at which their difference turns; the copies part where it is too low, and the order is lost where it is too high."
            ""
            "Forces that no energy gives, such as drag, join the flow of V(q): at fixed positions momenta then follow an equation that has"
            "an exact solution where the forces are linear in them, so any splitting method takes such a motion (`Dynamics.Driven`), with the"
            "order that it has for any T(p); else it is of order four at most. The methods of Runge and Kutta take it as well, those of"
            "Tao do not. Nothing is symplectic then, and reports of energies count the work of such forces. A family of methods is a file with"
            "a list, which stands in `IntegrationMethod.all`."
            ""
            "## The energy of a learned model over a long run"
            ""
            "A model trained on `tests/data/spring_2x2x2.lammpstrj`, simulated from that file's first frame with time step 0.1: the"
            "largest deviation of its energy so far, and the rise of a straight line through all deviations over the whole run,"
            "both relative to the kinetic energy at the start."
            ""
            yield! energies quick
            ""
            "The energy of methods that are symplectic in phase space swings within bounds that the time step sets, and does not"
            "rise. That of tao-2, symplectic in the space of two copies alone, wanders as the copies part; that of RK4 leaves with"
            "every step."
        ]
