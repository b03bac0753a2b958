namespace HgnFunctional.Blocks

open HgnFunctional.Features

/// The kinds of block at hand.
[<RequireQualifiedAccess>]
module Blocks =

    /// What bodies do to each other and by themselves in empty space: body features, and pair and angle features for each relation that
    /// the structure has, which split into T(p) + V(q).
    let isolated: BlockRecipe list = BodyBlock.recipe :: PairBlock.recipes @ [ AngleBlock.recipe ]

    /// What the world around may add: fields, and forces that depend on velocities. All are optional.
    let surroundings: BlockRecipe list = FieldBlock.recipes @ PairDragBlock.recipes @ VelocityBlock.recipes

    /// What models are made of unless told otherwise: both, as far as the data want it.
    let defaults: BlockRecipe list = isolated @ surroundings

    /// Message blocks with the paper's inputs and with invariant ones, of one and of two rounds.
    let private messages: BlockRecipe list =
        [
            MessageBlock.recipe (MessageBlock.options GraphInputs.localFrame)
            MessageBlock.recipe (MessageBlock.options GraphInputs.invariant)
            MessageBlock.recipe
                { MessageBlock.options GraphInputs.invariant with
                    IsDirected = true
                    InnerUnits = [ 32 ]
                    PoolsEveryStage = true
                }
        ]

    /// Every recipe: tests iterate it.
    let all: BlockRecipe list = defaults @ [ OffsetBlock.recipe ] @ KnownBlock.recipes @ messages @ [ RawBlock.recipe ]

/// A custom part with the name of another.
type VocabularyError =
    /// What the part is, and its name.
    | NameTaken of what: string * name: string

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | NameTaken(what, name) -> $"A custom {what} is called '{name}', as another is; expected a name of its own."

/// The parts that saved models may name.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Vocabulary =

    /// The parts of this library.
    let standard: Vocabulary =
        {
            Blocks = Blocks.all
            Activations = Activation.all
            Radials = Radial.all
            Cutoffs = Cutoff.all
            Inputs = GraphInputs.all
        }

    /// What is wrong with a vocabulary, if anything is: an entry that is not of this library with the name of another entry.
    let fault (vocabulary: Vocabulary) : VocabularyError option =
        let taken (what: string) (known: 'part list) (nameOf: 'part -> string) (all: 'part list) =
            let isOneOf (parts: 'part list) part =
                parts |> List.exists (fun other -> LanguagePrimitives.PhysicalEquality (box other) (box part))

            let own = all |> List.filter (isOneOf known >> not)
            let names = (List.map nameOf own) @ (known |> List.map nameOf |> List.distinct)

            names |> List.countBy id |> List.tryPick (fun (name, count) -> if count > 1 then Some(NameTaken(what, name)) else None)

        [
            taken "block" standard.Blocks _.Kind vocabulary.Blocks
            taken "activation" standard.Activations _.Name vocabulary.Activations
            taken "radial transform" standard.Radials _.Name vocabulary.Radials
            taken "cutoff factor" standard.Cutoffs _.Name vocabulary.Cutoffs
            taken "kind of inputs" standard.Inputs _.Name vocabulary.Inputs
        ]
        |> List.tryPick id
