namespace HgnFunctional.Bodies

/// Why a structure was refused.
type StructureError =
    /// There must be at least one body.
    | NoMasses
    /// A mass is NaN, infinite, zero or negative.
    | BadMass of body: int * mass: float
    /// The bonds are for another number of bodies than there are masses.
    | BondsForOtherBodies of bonded: int * bodies: int
    /// There are angles and no bonds.
    | AnglesWithoutBonds
    /// A body of an angle is not joined to the one in the middle.
    | AngleNotBonded of AngleError
    /// The cutoffs are not what they should be.
    | BadReach of ReachError
    /// There are not as many species as bodies.
    | SpeciesForOtherBodies of named: int * bodies: int
    /// An attribute is not given for each body.
    | AttributeForOtherBodies of name: string * values: int * bodies: int
    /// An attribute of a body is NaN or infinite.
    | BadAttribute of name: string * body: int * value: float
    /// Pins are not given for each coordinate.
    | PinsForOtherBodies of pins: int * coordinates: int
    /// A body that is not there was to be pinned; bodies count from 0.
    | NoBodyToPin of body: int * bodies: int
    /// The cutoff is so many times the size of the box that a body would meet too many images of another.
    | TooManyImages of cutoff: float * images: float

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | NoMasses -> "A structure without bodies was asked for; expected at least one mass."
        | BadMass(body, mass) -> $"The mass of body {body} is {mass}; expected a finite number above 0."
        | BondsForOtherBodies(bonded, bodies) -> $"The bonds are for {bonded} bodies; expected {bodies}, one for each mass."
        | AnglesWithoutBonds -> "There are angles and no bonds; expected bonds from the middle of each angle to both ends."
        | AngleNotBonded error -> string error
        | BadReach error -> string error
        | SpeciesForOtherBodies(named, bodies) -> $"There are species for {named} bodies; expected {bodies}, one for each mass."
        | AttributeForOtherBodies(name, values, bodies) ->
            $"The attribute '{name}' has {values} values; expected {bodies}, one for each body."
        | BadAttribute(name, body, value) -> $"The attribute '{name}' of body {body} is {value}; expected a finite number."
        | PinsForOtherBodies(pins, coordinates) -> $"There are pins for {pins} coordinates; expected {coordinates} (bodies x dimension)."
        | NoBodyToPin(body, bodies) -> $"Body {body} was to be pinned; expected bodies from 0 to {bodies - 1}."
        | TooManyImages(cutoff, images) ->
            $"Within the cutoff {cutoff} lie some {images:G2} images of each body; expected a shorter cutoff or a larger box."
