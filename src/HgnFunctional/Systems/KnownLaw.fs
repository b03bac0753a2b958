namespace HgnFunctional.Systems

open System
open MathNet.Numerics.Interpolation
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Blocks
open HgnFunctional.Features

/// A law of potential energy that is known: a part of what a model is made of, beside what is learned.
[<NoEquality; NoComparison; StructuredFormatDisplay("{Name}")>]
type KnownLaw =
    {
        /// Name in model files.
        Name: string
        /// The energy on a structure.
        Term: Structure -> IPotentialTerm
        /// Names of the attributes that bodies must have.
        Attributes: string list
        /// Why it cannot be used on a structure, as a sentence, if it cannot.
        Refuses: Structure -> string option
        /// What leaves it alone.
        Symmetries: BlockSymmetries
        /// Along how many interactions the force on a body looks (`IBlock.Hops`); none where it may depend on all bodies.
        Hops: int option
        /// The constants, by name.
        Save: unit -> (string * SavedForm) list
        /// The law with constants that were saved.
        Restore: SavedReader -> KnownLaw
        /// Where it comes from.
        Source: string
    }

/// Known laws; `KnownLaw.all` lists those that files may name.
[<RequireQualifiedAccess>]
module KnownLaw =

    /// Every pair within reach once or, without a reach, every bond.
    let private onPairs (weight: Weight) (potentialOf: Kind -> PairPotential option) (structure: Structure) : IPotentialTerm =
        let hasReach = structure.Relations.Reach.IsSome
        PotentialTerm.weightedBy weight (fun kind -> if hasReach && kind.IsBondsOf then None else potentialOf kind) structure

    let private needsPairs (structure: Structure) : string option =
        if structure.Relations.Reach.IsNone && structure.Relations.Bonds.IsNone then
            Some "no bodies interact; expected bonds or a cutoff."
        else
            None

    let rec private inverse (name: string) (weight: Weight) (sign: float) (source: string) (strength: float) : KnownLaw =
        Numerics.Guard.finite (nameof strength) strength

        {
            Name = name
            Term = onPairs weight (fun _ -> Some(PairPotential.gravity (-sign * strength)))
            Attributes = Weight.attributes weight
            Refuses = needsPairs
            Symmetries = BlockSymmetries.all
            Hops = Some 1
            Save = fun () -> [ "strength", SavedForm.Number strength ]
            Restore = fun reader -> inverse name weight sign source (reader.Float "strength")
            Source = source
        }

    /// Coulomb's law k q_i q_j / r between the pairs within reach (bonds, where there is no reach), cut as it is; k is in the units of
    /// the data.
    let coulomb (strength: float) : KnownLaw = inverse "coulomb" (ByAttribute AttributeName.Charge) 1.0 "Coulomb's law" strength

    /// Newton's law -G m_i m_j / r, likewise.
    let gravity (strength: float) : KnownLaw = inverse "gravity" ByMasses -1.0 "Newton's law" strength

    /// The attribute with the number of protons of each body.
    [<Literal>]
    let AtomicNumber = "atomic number"

    /// Screened repulsion of nuclei, k Z_i Z_j / r phi(r / a) with a = 0.46850 l / (Z_i^0.23 + Z_j^0.23), where k = e^2 / (4 pi eps0)
    /// (14.399645 eV A) and l is a length of one unit of the paper (1 A) in the units of the data. Bodies need the attribute
    /// `AtomicNumber`, of which each species has one.
    let rec zbl (strength: float) (length: float) : KnownLaw =
        Numerics.Guard.finite (nameof strength) strength
        Numerics.Guard.positiveFinite (nameof length) length

        let numberOf (structure: Structure) : string -> float option =
            let numbers = (structure.TryAttribute AtomicNumber).Value
            let species = structure.Species
            let first = Seq.init structure.Bodies (fun body -> species.NameOf body, numbers[body]) |> Seq.distinctBy fst |> Map.ofSeq
            fun name -> Map.tryFind name first

        let screened (first: float) (second: float) : PairPotential =
            let a = 0.46850 * length / (first ** 0.23 + second ** 0.23)
            let terms = [ 0.18175, 3.19980; 0.50986, 0.94229; 0.28022, 0.40290; 0.02817, 0.20162 ]
            let scale = strength * first * second
            let phi x = terms |> List.sumBy (fun (c, b) -> c * exp (-b * x))
            let slope x = terms |> List.sumBy (fun (c, b) -> -b * c * exp (-b * x))

            {
                Name = "ZBL"
                Energy = fun r -> scale / r * phi (r / a)
                Slope = fun r -> scale / r * (slope (r / a) / a - phi (r / a) / r)
                Source = "Ziegler, Biersack, Littmark 1985"
            }

        {
            Name = "zbl"
            Term =
                fun structure ->
                    let number = numberOf structure

                    onPairs
                        Unweighted
                        (function
                        // A part of a system may know a species and have no body of it.
                        | PairsOf(first, second, _) -> Option.map2 screened (number first) (number second)
                        | _ -> None)
                        structure
            Attributes = [ AtomicNumber ]
            Refuses =
                fun structure ->
                    let numbers = structure.TryAttribute AtomicNumber |> Option.defaultValue [||]
                    let tells = numbers |> Seq.indexed |> Seq.distinctBy (fun (body, z) -> structure.Species.NameOf body, z) |> Seq.length

                    if structure.Relations.Reach.IsNone then
                        Some "pairs have no cutoff; expected one."
                    elif numbers |> Array.exists (fun z -> z <= 0.0) then
                        Some "an atomic number is not above 0."
                    elif tells > structure.Species.Names.Length then
                        Some "bodies of one species differ in their atomic numbers."
                    else
                        None
            Symmetries = BlockSymmetries.all
            Hops = Some 1
            Save = fun () -> [ "strength", SavedForm.Number strength; "length", SavedForm.Number length ]
            Restore = fun reader -> zbl (reader.Float "strength") (reader.Positive "length")
            Source = "Ziegler, Biersack, Littmark 1985, The Stopping and Range of Ions in Solids"
        }

    /// A table of energies at ascending distances, at least four, for all pairs within reach (bonds, where there is no reach), between
    /// which a cubic spline goes; zero beyond the last distance. Below the first the spline goes on.
    let rec table (distances: float[]) (energies: float[]) : KnownLaw =
        let distances, energies = Array.copy distances, Array.copy energies

        if distances.Length < 4 || energies.Length <> distances.Length then
            invalidArg
                (nameof energies)
                $"There are {distances.Length} distances and {energies.Length} energies; expected as many of each, at least 4."

        if
            Seq.append distances energies |> Seq.exists (Double.IsFinite >> not)
            || Seq.pairwise distances |> Seq.exists (fun (a, b) -> b <= a)
        then
            invalidArg (nameof distances) "The distances do not ascend, or a number is not finite; expected a table."

        let spline = CubicSpline.InterpolateNaturalSorted(distances, energies)
        let last = Array.last distances

        let potential: PairPotential =
            {
                Name = "table"
                Energy = fun r -> if r <= last then spline.Interpolate r else 0.0
                Slope = fun r -> if r <= last then spline.Differentiate r else 0.0
                Source = "a cubic spline"
            }

        {
            Name = "table"
            Term = onPairs Unweighted (fun _ -> Some potential)
            Attributes = []
            Refuses = needsPairs
            Symmetries = BlockSymmetries.all
            Hops = Some 1
            Save = fun () -> [ "distances", SavedForm.Numbers distances; "energies", SavedForm.Numbers energies ]
            Restore =
                fun reader ->
                    let distances = reader.Floats("distances", None)
                    let energies = reader.Floats("energies", Some distances.LongLength)

                    if distances.Length < 4 || Seq.pairwise distances |> Seq.exists (fun (a, b) -> b <= a) then
                        reader.Fail("distances", "at least 4 numbers in ascending order")

                    table distances energies
            Source = "a table"
        }

    /// A law of one's own, by a name that no other has: files of models with it hold the name, and are read with a vocabulary that
    /// has its recipe. Nothing is known of its symmetries, nor how far it looks.
    let rec ofTerm (name: string) (term: Structure -> IPotentialTerm) : KnownLaw =
        {
            Name = name
            Term = term
            Attributes = []
            Refuses = fun _ -> None
            Symmetries = BlockSymmetries.none
            Hops = None
            Save = fun () -> []
            Restore = fun _ -> ofTerm name term
            Source = "the caller"
        }

    /// As `ofTerm`, of the potential energy of a Hamiltonian for each structure.
    let ofHamiltonian (name: string) (hamiltonian: Structure -> ISeparableHamiltonian) : KnownLaw =
        ofTerm name (hamiltonian >> PotentialTerm.ofHamiltonian)

    /// The laws that files may name, with examples of constants.
    let all: KnownLaw list =
        [ coulomb 1.0; gravity 1.0; zbl 14.399645 1.0; table [| 1.0; 2.0; 3.0; 4.0 |] [| 1.0; 0.5; 0.25; 0.0 |] ]
