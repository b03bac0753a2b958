namespace HgnFunctional.Integrators

/// All methods; a family stands in a file of its own, and in this list.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module IntegrationMethod =

    /// Every method.
    let all: IntegrationMethod list = [ Splitting.all; RungeKutta.all; Adaptive.all; Extended.all ] |> List.concat

    /// The method of that name.
    let tryFind (name: string) : IntegrationMethod option = all |> List.tryFind (fun method -> method.Name = name)
