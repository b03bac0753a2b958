namespace HgnFunctional.Blocks

open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Features

/// How forces of single bodies depend on their velocities.
type VelocityLaw =
    /// F = -theta v: drag in proportion to the velocity, the same in all directions.
    | LinearDrag
    /// F = -theta |v| v: drag in proportion to the square of the speed.
    | QuadraticDrag
    /// F = theta_ab (v_b e_a - v_a e_b) for each pair of axes a < b: a magnetic field, or a turning frame. It does no work.
    | MagneticForce
    /// F = -theta_ab v_b e_a with symmetric theta of trace 0: what drag along some directions has beside that along all.
    | AnisotropicDrag

    /// Name of the block in model files.
    member law.Name: string =
        match law with
        | LinearDrag -> "drag"
        | QuadraticDrag -> "quadratic drag"
        | MagneticForce -> "magnetic force"
        | AnisotropicDrag -> "anisotropic drag"

    /// Every law.
    static member All: VelocityLaw list = [ AnisotropicDrag; QuadraticDrag; MagneticForce; LinearDrag ]

/// Forces of single bodies that depend on their own velocity v = p / m and on nothing else: F_i = -w_i sum_k theta_k |v|^s B_k v, with
/// a matrix B_k for each feature, and s = 1 for quadratic drag, else 0; w is 1, the mass or the charge.
[<Sealed; NoEquality; NoComparison>]
type VelocityBlock internal (law: VelocityLaw, kind: Kind, weight: Weight, dimension: int, kept: int[]) =

    let d = dimension

    /// A matrix as its entries that are not 0: row, column, value.
    let basis: struct (int * int * float)[][] =
        [|
            match law with
            | LinearDrag
            | QuadraticDrag -> yield [| for axis in 0 .. d - 1 -> struct (axis, axis, 1.0) |]
            | MagneticForce ->
                for a in 0 .. d - 1 do
                    for b in a + 1 .. d - 1 do
                        yield [| struct (a, b, -1.0); struct (b, a, 1.0) |]
            | AnisotropicDrag ->
                for a in 0 .. d - 2 do
                    yield [| struct (a, a, 1.0); struct (d - 1, d - 1, -1.0) |]

                for a in 0 .. d - 1 do
                    for b in a + 1 .. d - 1 do
                        yield [| struct (a, b, 1.0); struct (b, a, 1.0) |]
        |]

    let components: string[] =
        [|
            let pairs =
                [
                    for a in 0 .. d - 1 do
                        for b in a + 1 .. d - 1 -> AxisName.ofAxis a + AxisName.ofAxis b
                ]

            match law with
            | LinearDrag
            | QuadraticDrag -> yield ""
            | MagneticForce -> yield! pairs
            | AnisotropicDrag ->
                for a in 0 .. d - 2 do
                    yield AxisName.ofAxis a + AxisName.ofAxis a

                yield! pairs
        |]

    let entries = kept |> Array.map (fun k -> basis[k])
    let isLinear = law <> QuadraticDrag

    /// |v|^s over the mass of a body, so that times p it is |v|^s v.
    let factorOf (configuration: inref<Configuration>) (body: int) : float =
        let mass = configuration.Structure.Masses[body]

        if isLinear then
            1.0 / mass
        else
            sqrt (2.0 * Invariants.kineticTerm &configuration body / mass) / mass

    /// How forces depend on velocities.
    member _.Law: VelocityLaw = law

    /// The bodies that it acts on.
    member _.Bodies: Kind = kind

    /// What forces are weighted by.
    member _.Weight: Weight = weight

    /// Number of features of all of the law.
    static member internal WidthOf(law: VelocityLaw, dimension: int) : int =
        match law with
        | LinearDrag
        | QuadraticDrag -> 1
        | MagneticForce -> dimension * (dimension - 1) / 2
        | AnisotropicDrag -> dimension * (dimension + 1) / 2 - 1

    interface IForceBlock with
        member _.Kind = law.Name
        member _.Width = kept.Length
        member _.Trend = kept.Length
        member _.Part = Driving
        member _.Kinds = [ kind ]
        member _.IsOfMasses = false
        member _.Ranges = []

        member _.Symmetries =
            match law with
            | LinearDrag
            | QuadraticDrag -> BlockSymmetries.all
            | MagneticForce
            | AnisotropicDrag -> { BlockSymmetries.all with Rotations = false; Reflections = false }

        member _.ActsFromOutside = true
        member _.Hops = Some 0

        member _.Constants =
            kept
            |> Array.mapi (fun feature k ->
                {
                    Feature = feature
                    Quantity = law.Name + Weight.suffix weight
                    Component = components[k]
                    Factor = 1.0
                })
            |> List.ofArray

        member _.Attributes = Weight.attributes weight

        member _.Refuses(structure) =
            if structure.Dimension <> d then
                Some(NeedsDimension d)
            else
                PairBlock.WeightRefusal(weight, structure)

        member _.RowsInto(configuration, rowsQ, _, stride) =
            let structure = configuration.Structure
            let weights = structure.WeightsOf weight
            let species = BodySelection.speciesOf kind structure

            for body in 0 .. structure.Bodies - 1 do
                if BodySelection.isOf species structure body then
                    let factor = BodySelection.weightOf weights body * factorOf &configuration body

                    for k in 0 .. entries.Length - 1 do
                        for struct (row, column, value) in entries[k] do
                            let place = (body * d + row) * stride + k
                            rowsQ[place] <- rowsQ[place] + factor * value * configuration.Momenta[body * d + column]

        member _.ForceInto(configuration, readout, destination) =
            let structure = configuration.Structure
            let weights = structure.WeightsOf weight
            let species = BodySelection.speciesOf kind structure

            for body in 0 .. structure.Bodies - 1 do
                if BodySelection.isOf species structure body then
                    let factor = BodySelection.weightOf weights body * factorOf &configuration body

                    for k in 0 .. entries.Length - 1 do
                        for struct (row, column, value) in entries[k] do
                            let along = readout[k] * value * configuration.Momenta[body * d + column]
                            destination[body * d + row] <- destination[body * d + row] - factor * along

        member _.TryAddRates(structure, readout, rates) =
            if isLinear then
                let weights = structure.WeightsOf weight
                let species = BodySelection.speciesOf kind structure

                for body in 0 .. structure.Bodies - 1 do
                    if BodySelection.isOf species structure body then
                        for k in 0 .. entries.Length - 1 do
                            for struct (row, column, value) in entries[k] do
                                let place = (body * d + row) * d + column
                                rates[place] <- rates[place] + BodySelection.weightOf weights body * readout[k] * value

            isLinear

        member _.Response(_, _) = nan
        member _.CountOutside _ = struct (0, 0)
        member _.Select(features) = VelocityBlock(law, kind, weight, d, features |> Array.map (fun feature -> kept[feature]))

        member _.Save() =
            [
                "bodies", SavedParts.ofKind kind
                yield! SavedParts.ofWeight weight
                "dimension", SavedForm.Number(float d)
                "features", SavedForm.ofInts kept
            ]

/// How forces of velocities are made.
[<RequireQualifiedAccess>]
module VelocityBlock =

    /// All features of a law.
    let internal create (law: VelocityLaw) (kind: Kind) (weight: Weight) (dimension: int) : VelocityBlock =
        VelocityBlock(law, kind, weight, dimension, Array.init (VelocityBlock.WidthOf(law, dimension)) id)

    let private restore (law: VelocityLaw) (_: Vocabulary) (reader: SavedReader) : IBlock =
        let d = reader.Integer("dimension", 1, SavedParts.mostDimensions)
        let kept = reader.Indices("features", VelocityBlock.WidthOf(law, d))
        VelocityBlock(law, SavedParts.toBodyKind (reader.Object "bodies"), SavedParts.toWeight reader, d, kept)

    /// The recipe of a law for all bodies, in proportion to a weight if they have one, or for each species.
    let recipe (law: VelocityLaw) (share: Share) : BlockRecipe =
        let kindsOf (structure: Structure) =
            if VelocityBlock.WidthOf(law, structure.Dimension) = 0 then
                []
            else
                BodySelection.kindsFor share structure

        {
            Kind = law.Name
            Family = law.Name + share.Suffix
            Kinds = kindsOf
            Inputs = fun _ -> 1
            Collect =
                fun snapshot poolOf ->
                    for kind in kindsOf snapshot.Structure do
                        poolOf kind |> ignore
            SeesRadial = false
            Layers = 0
            IsOptional = true
            Fixed = None
            Refuses =
                fun first snapshot ->
                    if snapshot.Structure.Dimension <> first.Dimension then
                        Some(NeedsDimension first.Dimension)
                    elif (kindsOf first).IsEmpty then
                        None
                    else
                        PairBlock.WeightRefusal(share.Weight, snapshot.Structure)
            Create = fun options sample _ -> create law options.Kind share.Weight sample.Snapshots[0].Structure.Dimension
            Restore = restore law
        }

    /// The recipes of all laws, those of many first.
    let recipes: BlockRecipe list =
        List.allPairs VelocityLaw.All BodySelection.shares |> List.map (fun (law, share) -> recipe law share)
