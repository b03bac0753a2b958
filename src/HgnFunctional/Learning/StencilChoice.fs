namespace HgnFunctional.Learning

open System
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks

/// How motions whose forces were not measured give equations: as options say, or as the data want it.
[<RequireQualifiedAccess>]
module internal StencilChoice =

    /// Frames on which forces are looked at.
    let private probes = 8

    let private hasVelocities (overview: Overview) : bool =
        overview.Sample |> Array.filter Observation.isOfMotion |> Array.forall _.HasVelocities

    /// Wide windows of clean frames cost more than they give, unless bodies are few.
    let private fewCoordinates = 64

    let private candidates (overview: Overview) : StencilForm list =
        let struct (coordinates, _) = overview.Largest
        let exact = List.map Exact (if hasVelocities overview then [ 2; 4; 6; 8 ] else [ 4; 5; 7; 9; 11; 13 ])

        let smooth =
            if coordinates <= fewCoordinates || MotionErrors.isNoisy overview.Sample then
                List.map Smooth [ 9; 13; 17; 25; 33; 49; 65 ]
            else
                []

        exact @ smooth |> List.filter (fun form -> form.Frames <= overview.LongestWindow)

    /// Fewer frames in a row give no equation.
    let fewestFrames (config: TrainingConfig) (overview: Overview) : int =
        match config.Stencil with
        | Some form -> form.Frames
        | None when hasVelocities overview -> 2
        | None -> 4

    /// The standard deviation of forces that a fit with some form of equations leaves open, what it cannot describe taken for noise.
    let private openness (config: TrainingConfig) (overview: Overview) (shapes: Shape[]) (form: StencilForm) : float =
        let overview = overview.With form

        let systems =
            Drawing.makeSystems config overview Drawing.pilotWidth Sampler.elm shapes (Drawing.samplesOf overview)
            |> List.filter _.HasForceRows

        let struct (components, _) = overview.Largest

        match systems with
        | [ system ] when Design.fits components system ->
            match
                overview.Observed([ system ], overview.Sample)
                |> Design.accumulateAll [ system ]
                |> Drawing.solveAll config.Ridge [ system ]
            with
            | Ok [ solution ] when solution.Posterior.IsSome ->
                let posterior = solution.Posterior.Value
                let motions = overview.Sample |> Array.filter Observation.isOfMotion
                let frames = Array.init (min probes motions.Length) (fun k -> motions[k * motions.Length / min probes motions.Length])
                let features = system.Features

                let squares =
                    frames
                    |> Array.collect (fun frame ->
                        let rows = Rows.ofForces system frame

                        Array.init frame.Coordinates (fun k ->
                            let row = solution.Kept |> Array.map (fun column -> rows[k * features + column])
                            pown (posterior.StandardDeviation(ReadOnlySpan<float> row)) 2))

                sqrt (form.Overlap * Array.average squares)
            | _ -> infinity
        | _ -> infinity

    /// The overview with a form of equations, with the shapes of its blocks if they are chosen.
    let choose (config: TrainingConfig) (shapes: Shape[] option) (overview: Overview) : Overview =
        match config.Stencil with
        | _ when not overview.HasMotion -> overview
        | Some form -> overview.With form
        | None ->
            let inner, shapes =
                match shapes with
                | Some shapes -> overview, shapes
                | None ->
                    let inner = overview |> Pilot.keep (Pilot.isOuter >> not)
                    let relations = overview.First.Structure.Relations
                    inner, inner.Parts |> List.map (fun part -> Drawing.startOf config part relations) |> Array.ofList

            let scored = candidates overview |> List.map (fun form -> form, openness config inner shapes form)
            scored |> List.minBy snd |> fst |> overview.With
