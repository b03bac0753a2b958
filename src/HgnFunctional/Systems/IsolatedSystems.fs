namespace HgnFunctional.Systems

open HgnFunctional.Space
open HgnFunctional.Bodies

/// Families of systems on which nothing acts from outside.
[<RequireQualifiedAccess>]
module internal IsolatedSystems =

    /// Harmonic bonds of two stiffnesses and lengths on a cubic lattice.
    let springs: KnownSystem =
        {
            Name = "springs of two kinds"
            Create =
                fun size ->
                    let lattice = Topology.grid [ size; size; size ]
                    let relations = { Relations.none with Bonds = Some(SystemParts.bonds [ "soft"; "stiff" ] lattice.Graph) }
                    SystemParts.on (Cell.openSpace 3) relations lattice.Graph.Bodies, lattice.Sites
            Hamiltonian =
                fun structure ->
                    let potentialOf kind =
                        if kind = BondsOf "stiff" then
                            PairPotential.harmonic 3.0 0.9
                        else
                            PairPotential.harmonic 1.0 1.1

                    SumSystem(structure, "springs of two kinds", [ PotentialTerm.pairs (potentialOf >> Some) structure ])
            Drive = fun _ -> None
            HasSurroundings = false
            Source = "Hooke's law"
        }

    /// A chain of Morse bonds whose angles are stiff, of two types.
    let bentChain: KnownSystem =
        {
            Name = "chain with angles"
            Create =
                fun size ->
                    let count = 4 * size
                    let ofGraph = (Topology.chain count 3).Graph |> SystemParts.bonds [ "" ]

                    let angles =
                        Angles.ofBonds ofGraph
                        |> Angles.toArray
                        |> Array.mapi (fun k (struct (a, centre, b, _)) -> struct (a, centre, b, (if k % 2 = 0 then "wide" else "narrow")))
                        |> Angles.create ofGraph

                    let relations = { Relations.none with Bonds = Some ofGraph; Angles = Some angles }
                    // A helix, which no angle opens to a line.
                    let place body axis =
                        match axis with
                        | 0 -> 0.6 * float body
                        | 1 -> 0.55 * cos (1.9 * float body)
                        | _ -> 0.55 * sin (1.9 * float body)

                    SystemParts.on (Cell.openSpace 3) relations count, Array.init (3 * count) (fun k -> place (k / 3) (k % 3))
            Hamiltonian =
                fun structure ->
                    let bend kind =
                        if kind = AnglesOf "wide" then
                            AnglePotential.cosineSquared 4.0 2.0
                        else
                            AnglePotential.cosineSquared 3.0 1.6

                    SumSystem(
                        structure,
                        "chain with angles",
                        [
                            PotentialTerm.pairs (fun _ -> Some(PairPotential.morse 4.0 1.5 1.0)) structure
                            PotentialTerm.angles (bend >> Some) structure
                        ]
                    )
            Drive = fun _ -> None
            HasSurroundings = false
            Source = "Morse 1929, doi:10.1103/PhysRev.34.57; LAMMPS manual, angle_style cosine/squared"
        }

    /// A Lennard-Jones mixture of two species with three laws, in a periodic box.
    let mixture: KnownSystem =
        {
            Name = "two species"
            Create =
                fun size ->
                    let size = max 4 size
                    let period = 1.2 * float size
                    let count = size * size * size

                    let structure =
                        Structure.create (Cell.create [ period; period; period ]) (Relations.within 2.2) (SystemParts.masses count)
                        |> Structure.withSpecies (SystemParts.alternately [ "A"; "A"; "B" ] count)

                    structure, SystemParts.sites size 1.2
            Hamiltonian =
                fun structure ->
                    let potentialOf kind =
                        match kind with
                        | PairsOf("A", "A", _) -> PairPotential.lennardJones 1.0 1.0 2.2
                        | PairsOf("B", "B", _) -> PairPotential.lennardJones 0.5 0.88 2.2
                        | _ -> PairPotential.lennardJones 1.5 0.8 2.2

                    SumSystem(structure, "two species", [ PotentialTerm.pairs (potentialOf >> Some) structure ])
            Drive = fun _ -> None
            HasSurroundings = false
            Source = "Kob and Andersen 1995, doi:10.1103/PhysRevE.51.4626"
        }

    /// Gravity: -m_i m_j / r.
    let gravity: KnownSystem =
        {
            Name = "gravity"
            Create =
                fun size ->
                    let count = size * size * size in
                    SystemParts.on (Cell.openSpace 3) (Relations.within 1000.0) count, SystemParts.sites size 3.0
            Hamiltonian =
                fun structure -> SumSystem(structure, "gravity", [ PotentialTerm.weighted ByMasses (PairPotential.gravity 1.0) structure ])
            Drive = fun _ -> None
            HasSurroundings = false
            Source = "Newton's law"
        }

    /// Charges of both signs, q_i q_j / r, kept apart by r^-6.
    let charges: KnownSystem =
        {
            Name = "charges"
            Create =
                fun size ->
                    let count = size * size * size

                    let charges =
                        Array.init count (fun body ->
                            (if (body + body / size + body / size / size) % 2 = 0 then 1.0 else -1.0) * (1.0 + 0.5 * float (body % 3)))

                    SystemParts.on (Cell.openSpace 3) (Relations.within 1000.0) count
                    |> Structure.withAttribute AttributeName.Charge charges,
                    SystemParts.sites size 1.5
            Hamiltonian =
                fun structure ->
                    let repulsion: PairPotential =
                        {
                            Name = "repulsion"
                            Energy = fun r -> 0.5 / pown r 6
                            Slope = fun r -> -3.0 / pown r 7
                            Source = "Born and Mayer 1932, doi:10.1007/BF01340511"
                        }

                    let coulomb = PairPotential.gravity -1.0

                    SumSystem(
                        structure,
                        "charges",
                        [
                            PotentialTerm.weighted (ByAttribute AttributeName.Charge) coulomb structure
                            PotentialTerm.pairs (fun _ -> Some repulsion) structure
                        ]
                    )
            Drive = fun _ -> None
            HasSurroundings = false
            Source = "Coulomb's law"
        }
