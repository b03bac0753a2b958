namespace HgnFunctional.Models

open System
open HgnFunctional

/// A model on a structure: what an integrator needs.
[<NoEquality; NoComparison>]
type Dynamics =
    /// The model splits into T(p) + V(q): every integrator can be used.
    | Separable of ISeparableHamiltonian
    /// The model couples positions and momenta: methods for any Hamiltonian only.
    | General of IHamiltonian
    /// One of these with forces that no energy gives: no method is symplectic, and energy is not conserved.
    | Driven of undriven: Dynamics * drive: IDrive

    /// The Hamiltonian, whatever its form.
    member dynamics.Hamiltonian: IHamiltonian =
        match dynamics with
        | Separable hamiltonian -> hamiltonian
        | General hamiltonian -> hamiltonian
        | Driven(undriven, _) -> undriven.Hamiltonian

    /// The forces beside those of the Hamiltonian, if there are any.
    member dynamics.Drive: IDrive option =
        match dynamics with
        | Driven(_, drive) -> Some drive
        | Separable _
        | General _ -> None

/// Motions under a Hamiltonian, and perhaps a drive.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Dynamics =

    /// The motion of a Hamiltonian, which may split and may be a drive as well.
    let ofHamiltonian (hamiltonian: IHamiltonian) : Dynamics =
        let undriven =
            match hamiltonian with
            | :? ISeparableHamiltonian as separable -> Separable separable
            | hamiltonian -> General hamiltonian

        match hamiltonian with
        | :? IDrive as drive -> Driven(undriven, drive)
        | _ -> undriven

    /// The equations of motion at a state: q' = dH/dp and p' = -dH/dq + F, each [N x d].
    let timeDerivative (dynamics: Dynamics) (state: PhaseState) : float[] * float[] =
        let velocities, forces = Hamiltonian.timeDerivative dynamics.Hamiltonian state

        dynamics.Drive
        |> Option.iter (fun drive -> drive.AddDrivenForceInto(state.Positions, state.Momenta, Span<float> forces))

        velocities, forces
