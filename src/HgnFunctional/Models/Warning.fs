namespace HgnFunctional.Models

/// A likely cause of a poor fit, found by a cheap test on a sample of the training data.
type Cause =
    /// The forces of a frame do not add up to zero, as those of bodies on each other do: something outside acts. The part is
    /// that of the net force in the root mean square.
    | NetForce of part: float
    /// What the model misses points along a direction, alike for all bodies or in proportion to their masses.
    | UniformField of direction: float list
    /// What the model misses is opposed to the velocities.
    | Drag
    /// The model misses more of the forces on bodies of one type than of another.
    | UnequalTypes of worst: string * worstError: float * best: string * bestError: float
    /// Forces were told from motions, whose fastest part takes this many frames for a period; none where neighbouring frames have no
    /// more in common than noise has.
    | FramesFarApart of framesPerPeriod: float option
    /// The forces add up to zero, but depend on more than distances of pairs and angles between bonds, with the kinds that the data name.
    | MoreThanPairs

    /// The cause as a clause.
    override cause.ToString() : string =
        match cause with
        | NetForce part ->
            $"the forces of a frame do not add up to 0 (their sum is {part:G2} of their size), so something outside acts: a field, drag, a thermostat, walls or pinned bodies"
        | UniformField direction ->
            let numbers = direction |> List.map (fun x -> x.ToString("G2", System.Globalization.CultureInfo.InvariantCulture))
            $"""what is missed points one way for all bodies ({String.concat ", " numbers}), as a uniform field does (gravity)"""
        | Drag -> "what is missed is opposed to the velocities, as drag is"
        | UnequalTypes(worst, worstError, best, bestError) ->
            $"the error is {worstError:G2} for bodies of type {worst} and {bestError:G2} for those of type {best}"
        | FramesFarApart None ->
            "neighbouring frames have no more in common than noise has: they are too far apart in time for the motion, or too noisy"
        | FramesFarApart(Some frames) ->
            let count = frames.ToString("G2", System.Globalization.CultureInfo.InvariantCulture)
            $"frames are far apart in time: the fastest motion takes about {count} of them for a period; expected ten or more, or velocities as well"
        | MoreThanPairs ->
            "the forces of a frame add up to 0, as where bodies act on each other or are held at places of their own, but distances of pairs and angles of the bonds that are named, with the kinds that are named, do not describe how: forces of many bodies at once, kinds, bonds or angles that the data do not name, or a cutoff that is too short"

/// What a model, its data, or a run hides from whoever looks at the main figures alone.
type Warning =
    /// A file names no units, and its frames do not tell them.
    | UnitsAssumed of file: string * units: string
    /// From frame to frame mass times acceleration is this many times the force.
    | ForcesOutOfScale of file: string * ratio: float
    /// Bonds of a data file were taken to cross a periodic boundary.
    | ImagesTaken of file: string * bonds: int * axes: string
    /// Nothing moves in the data, or nothing is known of it: the kinetic energy was taken from the masses.
    | KineticFromMasses
    /// Bodies of a start never move in the frames of its file, and are held in the run.
    | Held of file: string * bodies: int * total: int
    /// The model was trained on bodies of which some were pinned, and those of a start all move.
    | NothingPinned of inTraining: int
    /// All forces are zero: the model has no potential energy.
    | NoForces
    /// Bodies are of several types, which the model does not see.
    | TypesIgnored of types: string list
    /// Bonds are of several types, which the model does not see.
    | BondTypesIgnored of types: string list
    /// Bodies carry charges, which the model does not see.
    | ChargesIgnored
    /// A start names bonds, which a model of pairs within a cutoff does not see.
    | BondsIgnored of file: string * count: int
    /// Angles are of several types, which the model does not see.
    | AngleTypesIgnored of types: string list
    /// The source names dihedrals or impropers, which the model does not see.
    | TorsionsIgnored of count: int
    /// The model misses a part of the forces.
    | PoorFit of relativeError: float * causes: Cause list
    /// The data give hardly more equations than the fit has unknowns, so that errors on them say little.
    | FewEquations of equations: int64 * unknowns: int
    /// A run went where the model was not trained: the fraction of invariants out of range.
    | OutOfRange of fraction: float
    /// The energy of a run changed by this many times the scale of its motion.
    | EnergyChanged of ratio: float

    /// The warning as one sentence.
    override warning.ToString() : string =
        let few (names: string list) =
            let shown = names |> List.truncate 8 |> String.concat ", "
            if names.Length > 8 then shown + ", ..." else shown

        match warning with
        | UnitsAssumed(file, units) ->
            $"{file} names no units; '{units}' was assumed, and its frames do not tell (at rest, too few, or too far apart in time)."
        | ForcesOutOfScale(file, ratio) ->
            $"{file}: from frame to frame mass times acceleration is {ratio:G3} times the force; expected 1 in its units: masses, units or forces are not what they seem."
        | ImagesTaken(file, bonds, axes) ->
            $"{file}: {bonds} bonds span more than half the box; their nearest images were taken, so {axes} is periodic."
        | KineticFromMasses ->
            "No velocities were measured, or all are 0, so momenta teach nothing: the kinetic energy was taken to be p^2 / 2m with the masses of the data."
        | Held(file, bodies, total) -> $"{file}: {bodies} of {total} bodies never move in its frames, so they are pinned in this run."
        | NothingPinned inTraining ->
            $"In training up to {inTraining} bodies were pinned, and the start pins none: all of them move in this run."
        | NoForces -> "All forces are 0: the model has no potential energy, and bodies will fly free."
        | TypesIgnored types ->
            $"The bodies are of {types.Length} types ({few types}), which the model does not see: one law was learned for all."
        | BondTypesIgnored types ->
            $"The bonds are of {types.Length} types ({few types}), which the model does not see: one law was learned for all."
        | ChargesIgnored -> "The bodies carry charges, which the model does not see."
        | BondsIgnored(file, count) -> $"{file} names {count} bonds, which a model of pairs within a cutoff does not see."
        | AngleTypesIgnored types ->
            $"The angles are of {types.Length} types ({few types}), which the model does not see: one law was learned for all."
        | TorsionsIgnored count -> $"The topology names {count} dihedrals and impropers, which the model does not see."
        | PoorFit(error, []) -> $"The relative force error is {error:G2}, so the model misses much of what the data show."
        | PoorFit(error, causes) ->
            let likely = causes |> List.map string |> String.concat "; "
            $"The relative force error is {error:G2}, so the model misses much of what the data show. Likely: {likely}."
        | FewEquations(equations, unknowns) ->
            $"The data give {equations} equations for {unknowns} unknowns, which a fit meets whatever the truth is: its errors on them say little; expected several times as many (more frames, or more bodies)."
        | OutOfRange fraction ->
            $"{100.0 * fraction:G3} %% of what the model looked at in this run was outside its range in training: forces there are guesses."
        | EnergyChanged ratio ->
            $"The energy changed by {ratio:G3} times the energy of the motion at the start: the run is not to be trusted; try a smaller time step, or a start within the range of training."
