namespace HgnFunctional.IO

/// Where an array stands in a file of HDF5. Arrays of frames are groups with a dataset `value` beside their steps and times; those that
/// are the same in all frames are datasets.
type internal Hdf5Place =
    /// An element of the group of particles.
    | OfParticles of name: string
    /// An element of their box.
    | OfBox of name: string
    /// An attribute of the box.
    | BoxAttribute of name: string
    /// An attribute of the group of particles.
    | ParticlesAttribute of name: string
    /// An observable.
    | Observable of name: string
    /// A dataset of the bonds.
    | OfConnectivity of name: string
    /// The steps or times, which stand beside positions.
    | BesidePositions of name: string

/// The layout of H5MD 1.1 (https://h5md.nongnu.org), with names of our own for what it does not name: elements, the origin of a box, the
/// boundary conditions of each face, groups of frames, types of bonds, and the unit style.
[<RequireQualifiedAccess>]
module internal Hdf5Layout =

    /// Where arrays stand, by the names of the npz format, with the sizes that one frame has.
    let places: (string * Hdf5Place * int) list =
        [
            "positions", OfParticles "position", 2
            "velocities", OfParticles "velocity", 2
            "momenta", OfParticles "momentum", 2
            "forces", OfParticles "force", 2
            "masses", OfParticles "mass", 1
            "charges", OfParticles "charge", 1
            "ids", OfParticles "id", 1
            "types", OfParticles "species", 1
            "species", OfParticles "element", 1
            "cell", OfBox "edges", 2
            "origin", OfBox "origin", 1
            "boundary", BoxAttribute "boundary_conditions", 1
            "units", ParticlesAttribute "unit_style", 0
            "energy", Observable "potential_energy", 0
            "group", Observable "group", 0
            "edges", OfConnectivity "bonds", 2
            "edge_types", OfConnectivity "bond_types", 1
            "timestep", BesidePositions "step", 0
            "time", BesidePositions "time", 0
        ]

    /// The group of particles of files that we write.
    let particles = "all"

    /// The first bytes of a file.
    let magic: byte[] = [| 0x89uy; byte 'H'; byte 'D'; byte 'F'; 13uy; 10uy; 26uy; 10uy |]
