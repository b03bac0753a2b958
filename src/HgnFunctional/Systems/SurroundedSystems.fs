namespace HgnFunctional.Systems

open HgnFunctional.Space
open HgnFunctional.Bodies

/// Families of systems in fields, under drag, or pinned.
[<RequireQualifiedAccess>]
module internal SurroundedSystems =

    /// A soft body: masses 1 and 2.5 on a cubic lattice, harmonic bonds along the axes and Morse bonds across the faces, under
    /// gravity and drag, its top layer pinned.
    let softBody: KnownSystem =
        let gravity, drag = 0.4, 0.15

        {
            Name = "soft body"
            Create =
                fun size ->
                    let lattice = Topology.grid [ size; size; size ]
                    let count = lattice.Graph.Bodies
                    let place body axis = int lattice.Sites[3 * body + axis]

                    let across =
                        [|
                            for a in 0 .. count - 1 do
                                for b in a + 1 .. count - 1 do
                                    let offsets = [ for axis in 0..2 -> abs (place a axis - place b axis) ] |> List.sort

                                    if offsets = [ 0; 1; 1 ] then
                                        struct (a, b, "across")
                        |]

                    let along = Graph.edges lattice.Graph |> Array.map (fun (struct (a, b)) -> struct (a, b, "along"))

                    let bonds =
                        match Bonds.tryCreate count (Array.append along across) with
                        | Ok bonds -> bonds
                        | Error error -> invalidOp (string error)

                    let masses = Array.init count (fun body -> if (place body 0 + place body 1) % 2 = 0 then 1.0 else 2.5)

                    let top =
                        [
                            for body in 0 .. count - 1 do
                                if place body 2 = size - 1 then
                                    body
                        ]

                    Structure.create (Cell.openSpace 3) Relations.none masses
                    |> Structure.withRelations { Relations.none with Bonds = Some bonds }
                    |> Structure.withPinned top,
                    lattice.Sites
            Hamiltonian =
                fun structure ->
                    let potentialOf kind =
                        if kind = BondsOf "along" then
                            PairPotential.harmonic 40.0 1.0
                        else
                            PairPotential.morse 4.0 2.0 (sqrt 2.0)

                    SumSystem(
                        structure,
                        "soft body",
                        [
                            PotentialTerm.pairs (potentialOf >> Some) structure
                            PotentialTerm.uniformField ByMasses [| 0.0; 0.0; -gravity |] structure
                        ]
                    )
            Drive = KnownDrive.drag drag >> Some
            HasSurroundings = true
            Source = "Hooke's law; Morse 1929, doi:10.1103/PhysRev.34.57; Stokes's law"
        }

    /// Ions of two masses that repel each other in a harmonic trap, stiffer along some axes than along others.
    let ionTrap: KnownSystem =
        {
            Name = "ion trap"
            Create =
                fun size ->
                    let count = size * size * size

                    SystemParts.on (Cell.openSpace 3) (Relations.within 1000.0) count
                    |> Structure.withAttribute AttributeName.Charge (Array.create count 1.0),
                    SystemParts.sites size 1.2 |> Array.map (fun x -> x - 0.6 * float (size - 1))
            Hamiltonian =
                fun structure ->
                    let charge = ByAttribute AttributeName.Charge

                    SumSystem(
                        structure,
                        "ion trap",
                        [
                            PotentialTerm.weighted charge (PairPotential.gravity -1.0) structure
                            PotentialTerm.trap Unweighted [| 1.0; 1.7; 2.9 |] structure
                        ]
                    )
            Drive = fun _ -> None
            HasSurroundings = true
            Source = "Paul 1990, doi:10.1103/RevModPhys.62.531"
        }

    /// Charges of both signs, bonded in a chain of springs, in a magnetic field.
    let magnet: KnownSystem =
        {
            Name = "charges in a magnetic field"
            Create =
                fun size ->
                    let chain = Topology.chain (4 * size) 3
                    let count = chain.Graph.Bodies
                    let charges = Array.init count (fun body -> if body % 3 = 0 then 1.0 else -0.5 * float (body % 3))

                    SystemParts.on (Cell.openSpace 3) (Relations.bonds chain.Graph) count
                    |> Structure.withAttribute AttributeName.Charge charges,
                    chain.Sites
            Hamiltonian =
                fun structure ->
                    SumSystem(
                        structure,
                        "charges in a magnetic field",
                        [ PotentialTerm.pairs (fun _ -> Some(PairPotential.anharmonic 5.0 2.0 1.0)) structure ]
                    )
            Drive = KnownDrive.magnetic (ByAttribute AttributeName.Charge) 0.8 >> Some
            HasSurroundings = true
            Source = "Lorentz's law"
        }

    /// Bodies on springs that drag slows by the square of their speed.
    let dragged: KnownSystem =
        {
            Name = "quadratic drag"
            Create = IsolatedSystems.springs.Create
            Hamiltonian = IsolatedSystems.springs.Hamiltonian
            Drive = KnownDrive.quadraticDrag 0.3 >> Some
            HasSurroundings = true
            Source = "Newton's law of resistance"
        }

    /// Bodies of three masses on a chain of springs, seen from a frame that turns about the third axis: Coriolis and centrifugal
    /// forces, both in proportion to the masses.
    let turningFrame: KnownSystem =
        let rate = 0.6

        {
            Name = "turning frame"
            Create =
                fun size ->
                    let chain = Topology.chain (4 * size) 3
                    SystemParts.on (Cell.openSpace 3) (Relations.bonds chain.Graph) chain.Graph.Bodies, chain.Sites
            Hamiltonian =
                fun structure ->
                    SumSystem(
                        structure,
                        "turning frame",
                        [
                            PotentialTerm.pairs (fun _ -> Some(PairPotential.anharmonic 5.0 2.0 1.0)) structure
                            PotentialTerm.trap ByMasses [| -rate * rate; -rate * rate; 0.0 |] structure
                        ]
                    )
            Drive = KnownDrive.magnetic ByMasses (2.0 * rate) >> Some
            HasSurroundings = true
            Source = "Coriolis 1835, Journal de l'Ecole royale polytechnique 15, 144-154"
        }
