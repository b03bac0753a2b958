namespace HgnFunctional.Models

open HgnFunctional.Bodies
open HgnFunctional.Blocks

/// Why a model cannot be used on a structure.
type BindError =
    /// The model knows bonds; the structure has none.
    | NeedsBonds
    /// The model knows angles; the structure has none.
    | NeedsAngles
    /// The model knows pairs within a cutoff; the structure has none, or another.
    | NeedsReach of Reach
    /// The structure has a species that was not in the training data, or bodies that nobody named.
    | UnknownSpecies of species: string * known: string list
    /// The structure has a type of bonds that was not in the training data, or bonds whose type nobody named.
    | UnknownBondType of bondType: string * known: string list
    /// The structure has a type of angles that was not in the training data, or angles whose type nobody named.
    | UnknownAngleType of angleType: string * known: string list
    /// The model was trained on data in other units than those of the structure.
    | OtherUnits of model: string * structure: string
    /// One of its blocks is for other structures.
    | BlockRefuses of BlockError

    /// The error as one sentence.
    override error.ToString() : string =
        let among (names: string list) = String.concat ", " names

        match error with
        | NeedsBonds -> "The model was trained on bonds; expected a structure whose bonds are named."
        | NeedsAngles -> "The model was trained on angles; expected a structure whose angles are named."
        | NeedsReach reach -> $"The model was trained on {reach}; expected a structure with the same."
        | UnknownSpecies("", known) ->
            $"The model knows the species {among known}, and nobody says of which the bodies are; expected their names."
        | UnknownSpecies(species, known) -> $"The model knows no species '{species}'; expected {among known} alone."
        | UnknownBondType("", known) ->
            $"The model knows bonds of the types {among known}, and nobody says of which they are; expected their names."
        | UnknownBondType(bondType, known) -> $"The model knows no bonds of type '{bondType}'; expected {among known} alone."
        | UnknownAngleType("", known) ->
            $"The model knows angles of the types {among known}, and nobody says of which they are; expected their names."
        | UnknownAngleType(angleType, known) -> $"The model knows no angles of type '{angleType}'; expected {among known} alone."
        | OtherUnits(model, structure) ->
            $"The model was trained in units '{model}', and the bodies are in '{structure}'; expected the same."
        | BlockRefuses error -> string error
