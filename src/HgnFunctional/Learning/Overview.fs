namespace HgnFunctional.Learning

open System.Collections.Generic
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models

/// A block to be made, and what it may see of the data.
[<NoEquality; NoComparison>]
type internal SurveyedPart =
    {
        Recipe: BlockRecipe
        /// The place of the recipe among those that the data have something for.
        Place: int
        Kind: Kind
        Sample: TrainingSample
    }

/// Windows of snapshots of many bodies, from all over them, that stand for the whole where options are tried.
[<Sealed>]
type internal BodyProbes() =

    /// Snapshots of more bodies are looked at in windows.
    let mostBodies = 4096

    let windows, windowBodies = 4, 512
    let known = Dictionary<Snapshot, Map<int, Snapshot[]>>(HashIdentity.Reference)

    /// The snapshot, or windows of it whose rows look so far.
    member _.Of(hops: int, snapshot: Snapshot) : Snapshot[] =
        if snapshot.Structure.Bodies <= mostBodies then
            [| snapshot |]
        else
            lock known (fun () ->
                let before =
                    match known.TryGetValue snapshot with
                    | true, before -> before
                    | _ -> Map.empty

                match before.TryFind hops with
                | Some made -> made
                | None ->
                    let made =
                        [|
                            yield! BodyWindow.some windows hops windowBodies snapshot
                            if snapshot.Energy.IsSome || snapshot.HasVirial then
                                snapshot.OfWholeAlone
                        |]

                    known[snapshot] <- before.Add(hops, made)
                    made)

/// What a plan is drawn from: what a survey tells, with pins held and options chosen.
[<NoEquality; NoComparison>]
type internal Overview =
    {
        /// The blocks to be made: a recipe, the place of the recipe, the kind of body or pair, and what the block may see of the
        /// data, in the order of the recipes and kinds.
        Parts: SurveyedPart list
        /// Names of all species, of all bond types and of all angle types.
        Species: string list
        BondTypes: string list
        AngleTypes: string list
        /// Root mean squares of q' and p' over all components, and how energies and virials spread by body; 1 where all vanish.
        Scales: TargetScales
        /// What was measured in some frame.
        HasVelocities: bool
        HasForces: bool
        HasEnergies: bool
        HasVirials: bool
        /// Whether some frames must tell forces by how they move.
        HasMotion: bool
        /// How motions give equations, where there are any; and the most frames that a window may have.
        Stencil: StencilForm option
        /// The equations of the motions of the sample with it.
        Windows: Observation[]
        LongestWindow: int
        /// Whether all velocities and momenta vanish, so that the data say nothing of the kinetic energy.
        AtRest: bool
        /// Whether all forces vanish.
        ForcesVanish: bool
        /// Whether two bodies are ever within the cutoff.
        SeesReach: bool
        /// Number of snapshots.
        Frames: int64
        /// The fingerprint of the data, in hexadecimal.
        Hash: string
        /// The largest number of components of a snapshot, and its number of bodies.
        Largest: struct (int * int)
        /// What never moves, found in all snapshots. Those below are pinned already.
        Pins: PinFinder
        /// Names of recipes that the data refuse though they could do without, and why.
        Refused: (string * BlockError) list
        /// The first snapshot, where the energy is zero.
        First: Snapshot
        /// What is looked at of snapshots of many bodies where options are tried.
        Probes: BodyProbes
        /// A few snapshots, chosen by their contents, to try options on.
        Pilot: Snapshot[]
        /// Some more, which layers are drawn on.
        Sample: Snapshot[]
    }

    /// The observations of some snapshots of the sample, of some of their bodies where these are many, for systems of columns; and of all
    /// motions of the sample.
    member overview.Observed(systems: LinearSystem list, snapshots: Snapshot[]) : Observation[] =
        let hops = (Some 0, systems) ||> List.fold (fun most system -> Option.map2 max most system.Hops)

        let moments =
            snapshots
            |> Array.filter (fun snapshot -> snapshot.HasVelocities || not (Observation.isOfMotion snapshot))
            |> Array.collect (fun snapshot ->
                match hops with
                | Some hops -> overview.Probes.Of(hops, snapshot)
                | None -> [| snapshot |])

        Array.append (Array.map At moments) overview.Windows

    /// The observations of the pilot snapshots, and of some of the windows of motions, evenly from all, with as many equations as tell shapes apart.
    member overview.Piloted(systems: LinearSystem list) : Observation[] =
        let windows = overview.Windows
        // Twice what tells shapes apart where forces were measured.
        let leastPiloted = 2048

        let share =
            if windows.Length = 0 then
                1
            else
                windows.Length * windows[0].Centre.Coordinates / leastPiloted |> max 1

        let some = windows |> Array.indexed |> Array.filter (fun (index, _) -> index % share = 0) |> Array.map snd
        Array.append (overview.Observed(systems, overview.Pilot) |> Array.filter _.IsAt) some

    member private overview.LooksAt(isOf: Kind -> bool) : bool = overview.Parts |> List.exists (fun part -> isOf part.Kind)
    member private overview.LooksAtBonds: bool = overview.LooksAt _.IsBondsOf
    member private overview.LooksAtAngles: bool = overview.LooksAt _.IsAnglesOf
    member private overview.LooksAtSpecies: bool = overview.LooksAt(fun kind -> kind.IsPairsOf || kind.IsBodiesOf)

    /// What a model of these blocks tells apart: species and types of bonds and angles where blocks look at kinds of them.
    member overview.Scope: ModelScope =
        let relations = overview.First.Structure.Relations

        {
            Species = if overview.LooksAtSpecies then overview.Species else [ "" ]
            BondTypes = relations.Bonds |> Option.map (fun _ -> if overview.LooksAtBonds then overview.BondTypes else [ "" ])
            AngleTypes = if overview.LooksAtAngles then Some overview.AngleTypes else None
            Reach = relations.Reach
        }

    /// What a structure has that was not surveyed, and of which no column would know.
    member overview.TryUnknown(structure: Structure) : BindError option =
        let missing (looks: bool) (known: string list) (naming: Naming option) (error: string * string list -> BindError) =
            naming
            |> Option.filter (fun naming -> looks && naming.Count > 0)
            |> Option.bind (fun naming -> naming.Names |> List.tryFind (fun name -> not (List.contains name known)))
            |> Option.map (fun name -> error (name, known))

        let relations = structure.Relations
        let unitsOf (structure: Structure) = structure.Labels |> Option.bind _.Units

        [
            match unitsOf overview.First.Structure, unitsOf structure with
            | Some surveyed, Some other when surveyed <> other -> Some(OtherUnits(surveyed, other))
            | _ -> None
            missing overview.LooksAtSpecies overview.Species (Some structure.Species) UnknownSpecies
            missing overview.LooksAtBonds overview.BondTypes (relations.Bonds |> Option.map _.Types) UnknownBondType
            missing overview.LooksAtAngles overview.AngleTypes (relations.Angles |> Option.map _.Types) UnknownAngleType
        ]
        |> List.tryPick id

    /// The overview with a way to make equations of motions.
    member overview.With(form: StencilForm) : Overview =
        let windows = overview.Sample |> Array.filter Observation.isOfMotion |> Observation.ofSnapshots None form
        { overview with Stencil = Some form; Windows = windows |> Array.filter _.IsOver }
