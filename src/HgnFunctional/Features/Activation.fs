namespace HgnFunctional.Features

open HgnFunctional.Kernels

/// A hidden unit's function s with its derivative, and the constants with which SWIM places it between two data points.
[<Sealed; NoEquality; NoComparison>]
type Activation internal (name: string, swimScale: float, swimShift: float, kernel: FeatureKernel) =

    /// Name in options and model files.
    member _.Name: string = name

    /// s1 of SWIM: the change of the unit's argument from one data point of a pair to the other.
    member _.SwimScale: float = swimScale

    /// s2 of SWIM: minus the argument at the first data point of a pair.
    member _.SwimShift: float = swimShift

    /// s(x) and s'(x).
    member _.Evaluate(x: float) : struct (float * float) =
        let mutable value = 0.0
        let mutable slope = 0.0
        kernel.Evaluate(x, &value, &slope)
        struct (value, slope)

    member internal _.Kernel: FeatureKernel = kernel

    /// The name.
    override _.ToString() : string = name

/// Why an activation was refused.
type ActivationError =
    /// It has no name.
    | NoActivationName
    /// An activation of this library has the name.
    | ActivationNameTaken of name: string
    /// A constant of SWIM is not finite, or the scale is not above 0.
    | BadSwimConstants of scale: float * shift: float
    /// The slope is not the derivative of the value at this argument, or one of the two is not finite.
    | NotItsSlope of argument: float

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | NoActivationName -> "The activation has no name; expected one that model files can hold."
        | ActivationNameTaken name -> $"A custom activation is called '{name}', as one of this library is; expected a name of its own."
        | BadSwimConstants(scale, shift) -> $"The SWIM constants are {scale} and {shift}; expected finite ones, the first above 0."
        | NotItsSlope argument -> $"At {argument} the slope is not the derivative of the value; expected finite numbers that agree."

/// The activations at hand; `Activation.all` lists them.
[<RequireQualifiedAccess>]
module Activation =

    let private ln3 = log 3.0

    /// tanh x: -1/2 and +1/2 at the two points of a SWIM pair (Bolager et al., arXiv 2306.16830).
    let tanh: Activation = Activation("tanh", ln3, 0.5 * ln3, FeatureKernel<Tanh>())

    /// log(1 + exp x). No SWIM constants are published for it; here its slope is 1/4 and 3/4 at the two points.
    let softplus: Activation = Activation("softplus", 2.0 * ln3, ln3, FeatureKernel<Softplus>())

    /// 1 / (1 + exp -x): 1/4 and 3/4 at the two points of a SWIM pair, which is the rule for tanh rescaled.
    let sigmoid: Activation = Activation("sigmoid", 2.0 * ln3, ln3, FeatureKernel<Sigmoid>())

    /// sin x: -1/2 and +1/2 at the two points of a SWIM pair.
    let sine: Activation = Activation("sine", System.Math.PI / 3.0, System.Math.PI / 6.0, FeatureKernel<Sine>())

    /// Every activation.
    let all: Activation list = [ softplus; tanh; sigmoid; sine ]

    /// The activation of that name.
    let tryFind (name: string) : Activation option = all |> List.tryFind (fun activation -> activation.Name = name)

    /// Where the slope is compared with differences of the value: off 0, where some functions have a kink.
    let private probes: float list = [ -2.9; -1.3; -0.37; 0.41; 1.1; 3.2 ]

    let private isSlopeAt (value: float -> float) (slope: float -> float) (x: float) : bool =
        let step = 1e-5
        let difference = (value (x + step) - value (x - step)) / (2.0 * step)
        abs (difference - slope x) <= 1e-5 * max 1.0 (abs (value x))

    /// An activation of one's own: its name in model files, s1 and s2 of SWIM, and s(x) with its derivative, which are called from
    /// several threads and must depend on nothing but x. The ones of this library are vectorised, and several times as fast. To load
    /// a model with it, add it to a vocabulary.
    let tryCreate
        (name: string)
        (swimScale: float)
        (swimShift: float)
        (value: float -> float)
        (slope: float -> float)
        : Result<Activation, ActivationError> =
        if System.String.IsNullOrWhiteSpace name then
            Error NoActivationName
        elif (tryFind name).IsSome then
            Error(ActivationNameTaken name)
        elif not (System.Double.IsFinite swimScale && swimScale > 0.0 && System.Double.IsFinite swimShift) then
            Error(BadSwimConstants(swimScale, swimShift))
        else
            match probes |> List.tryFind (isSlopeAt value slope >> not) with
            | Some argument -> Error(NotItsSlope argument)
            | None -> Ok(Activation(name, swimScale, swimShift, FunctionKernel(value, slope)))
