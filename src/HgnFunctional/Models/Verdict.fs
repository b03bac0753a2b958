namespace HgnFunctional.Models

/// What became of a family of columns.
type FamilyStanding =
    /// The data want it.
    | InModel
    /// The model has it, though nothing would be lost without it: one law for all kinds would do.
    | NotNeeded
    /// Nothing is lost without it.
    | LeftOut
    /// The data cannot be seen through it; why, as a sentence.
    | Unusable of reason: string

    /// The standing in a few words.
    override standing.ToString() : string =
        match standing with
        | InModel -> "in the model"
        | NotNeeded -> "in the model, though nothing is lost without it"
        | LeftOut -> "left out"
        | Unusable reason -> $"not usable: {reason}"

/// What a family of columns does for a fit, on a sample of the data and with few hidden units.
[<NoComparison>]
type FamilyEvidence =
    {
        /// The physics that it is for: "pairs", "kinds", "uniform field, by mass", "drag", ...
        Family: string
        /// What became of it.
        Standing: FamilyStanding
        /// Relative force error with what the model has, but without the family.
        Without: float
        /// Relative force error with what the model has, and the family.
        With: float
    }

/// A constant of nature in a model, with an error bar.
[<NoComparison>]
type FittedConstant =
    {
        /// What it is: "uniform field, by mass", "drag", "known coulomb", ...
        Quantity: string
        /// The bodies that it is for; "" for all.
        Bodies: string
        /// The component, such as "x" or "xy"; "" where there is one.
        Component: string
        /// Its value in the mass, length and time of the data: of a uniform field the force on a body of weight 1; of drag the force per velocity, against
        /// it; of anisotropic drag what a direction has beyond the mean of all, which is the drag, so that xx, yy, zz add up to 0; of a
        /// magnetic force in the plane "xy" the force along x per velocity along y.
        Value: float
        /// Its standard deviation from what the data leave open, as if what the model does not explain were noise: where that is much,
        /// constants may be off by more. Without bound where the data give no more equations than there are unknowns; NaN where the fit
        /// keeps no posterior.
        Deviation: float
    }

    /// The constant in one line.
    override constant.ToString() : string =
        let of' = if constant.Bodies = "" then "" else $" of {constant.Bodies}"
        let along = if constant.Component = "" then "" else $" {constant.Component}"
        $"{constant.Quantity}{of'}{along} = {constant.Value:G10} (standard deviation {constant.Deviation:G2})"

/// What a fit found, and what it cannot describe.
[<NoComparison>]
type Verdict =
    {
        /// Errors of forces and velocities, of all bodies and of each species, on a sample of the training data.
        Errors: TargetError list
        /// The largest number of bodies of a frame with a coordinate that is pinned: they never move, taught nothing, and count in no error.
        PinnedBodies: int
        /// What the families of columns do for the fit: all that were tried where the evidence was asked for or the fit is poor, else those
        /// of the world around the bodies that are in the model.
        Families: FamilyEvidence list
        /// Constants of nature that the fit found.
        Constants: FittedConstant list
        /// The relative force error on all training data: what nothing explains. Where the data have energies, on a sample of them; of the energies
        /// where they have no forces. Of motions what is missed of m q'' beyond the noise.
        Unexplained: float
        /// Where forces were told from motions: the standard deviation of the noise in each coordinate, or where they were measured in each
        /// velocity, that the fit finds. Errors of interpolation between frames count as noise.
        Noise: float option
    }
