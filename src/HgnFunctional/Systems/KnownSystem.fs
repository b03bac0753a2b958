namespace HgnFunctional.Systems

open HgnFunctional
open HgnFunctional.Bodies

/// The families of known systems; `KnownSystem.all` lists them.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module KnownSystem =

    /// Harmonic bonds of two stiffnesses and lengths on a cubic lattice.
    let springs: KnownSystem = IsolatedSystems.springs

    /// A chain of Morse bonds whose angles are stiff, of two types.
    let bentChain: KnownSystem = IsolatedSystems.bentChain

    /// A Lennard-Jones mixture of two species with three laws, in a periodic box.
    let mixture: KnownSystem = IsolatedSystems.mixture

    /// Gravity: -m_i m_j / r.
    let gravity: KnownSystem = IsolatedSystems.gravity

    /// Charges of both signs, q_i q_j / r, kept apart by r^-6.
    let charges: KnownSystem = IsolatedSystems.charges

    /// A soft body: masses 1 and 2.5 on a cubic lattice, harmonic bonds along the axes and Morse bonds across the faces, under
    /// gravity and drag, its top layer pinned.
    let softBody: KnownSystem = SurroundedSystems.softBody

    /// Ions of two masses that repel each other in a harmonic trap, stiffer along some axes than along others.
    let ionTrap: KnownSystem = SurroundedSystems.ionTrap

    /// Charges of both signs, bonded in a chain of springs, in a magnetic field.
    let magnet: KnownSystem = SurroundedSystems.magnet

    /// Bodies on springs that drag slows by the square of their speed.
    let dragged: KnownSystem = SurroundedSystems.dragged

    /// Bodies of three masses on a chain of springs, seen from a frame that turns.
    let turningFrame: KnownSystem = SurroundedSystems.turningFrame

    /// Every family.
    let all: KnownSystem list =
        [ springs; bentChain; mixture; gravity; charges; softBody; ionTrap; magnet; dragged; turningFrame ]

    /// The motion of a family on its bodies.
    let system (family: KnownSystem) (structure: Structure) : ISeparableHamiltonian =
        match family.Drive structure with
        | Some drive -> DrivenSystem(family.Hamiltonian structure, drive)
        | None -> family.Hamiltonian structure
