namespace HgnFunctional.Bodies

/// By what the law of a pair is weighted, where it is known to be: the energy of bodies i and j is w_i w_j f(r).
type Weight =
    /// w = 1.
    | Unweighted
    /// w is the mass: gravity.
    | ByMasses
    /// w is an attribute of the bodies, such as "charge": Coulomb's law.
    | ByAttribute of name: string

/// Names of attributes that data files have.
[<RequireQualifiedAccess>]
module AttributeName =

    /// The charge, in the units of the source.
    [<Literal>]
    let Charge = "charge"

/// Weights and what they need.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module internal Weight =

    /// What a law of such a weight has behind its name.
    let suffix (weight: Weight) : string =
        match weight with
        | Unweighted -> ""
        | ByMasses -> ", by mass"
        | ByAttribute name -> $", by {name}"

    /// The attributes that bodies must have.
    let attributes (weight: Weight) : string list =
        match weight with
        | ByAttribute name -> [ name ]
        | Unweighted
        | ByMasses -> []
