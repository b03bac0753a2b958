namespace HgnFunctional

/// One stage of a splitting method, for a fraction of the time step.
type SplitStage =
    /// Positions move with the velocities dT/dp.
    | Drift of fraction: float
    /// Momenta change with the forces -dV/dq.
    | Kick of fraction: float

/// An explicit method for H = T(p) + V(q), as data with claims that the tests read.
type SplittingMethod =
    {
        /// Name in options.
        Name: string
        /// Order of accuracy in the time step.
        Order: int
        /// Whether a step with -dt undoes a step with dt.
        IsSymmetric: bool
        /// The stages of one step, in order.
        Stages: SplitStage list
        /// Where it comes from.
        Source: string
    }

/// The splitting methods at hand; `SplittingMethod.all` lists them.
[<RequireQualifiedAccess>]
module SplittingMethod =

    /// Stoermer-Verlet, kick-drift-kick: one force evaluation a step.
    let stormerVerlet: SplittingMethod =
        {
            Name = "stormer-verlet"
            Order = 2
            IsSymmetric = true
            Stages = [ Kick 0.5; Drift 1.0; Kick 0.5 ]
            Source = "Hairer, Lubich, Wanner, Geometric Numerical Integration, I.1.4, doi:10.1007/3-540-30666-8"
        }

    /// Every splitting method.
    let all: SplittingMethod list = [ stormerVerlet ]
