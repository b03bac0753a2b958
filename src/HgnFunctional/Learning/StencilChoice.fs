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

    let private hasVelocities (survey: Survey) : bool = survey.Sample |> Array.filter Observation.isOfMotion |> Array.forall _.HasVelocities

    /// Wide windows of clean frames cost more than they give, unless bodies are few.
    let private fewCoordinates = 64

    let private candidates (survey: Survey) : StencilForm list =
        let struct (coordinates, _) = survey.Largest
        let exact = List.map Exact (if hasVelocities survey then [ 2; 4; 6; 8 ] else [ 4; 5; 7; 9; 11; 13 ])

        let smooth =
            if coordinates <= fewCoordinates || MotionErrors.isNoisy survey.Sample then
                List.map Smooth [ 9; 13; 17; 25; 33; 49; 65 ]
            else
                []

        exact @ smooth |> List.filter (fun form -> form.Frames <= survey.LongestWindow)

    /// Fewer frames in a row give no equation.
    let fewestFrames (config: TrainingConfig) (survey: Survey) : int =
        match config.Stencil with
        | Some form -> form.Frames
        | None when hasVelocities survey -> 2
        | None -> 4

    /// The standard deviation of forces that a fit with some form of equations leaves open, what it cannot describe taken for noise.
    let private openness (config: TrainingConfig) (survey: Survey) (shapes: Shape[]) (form: StencilForm) : float =
        let survey = survey.With form

        let systems =
            Drawing.makeSystems config survey Drawing.pilotWidth Sampler.elm shapes (Drawing.samplesOf survey)
            |> List.filter _.HasForceRows

        let struct (components, _) = survey.Largest
        let sample: Result<Observation, unit> seq = survey.Piloted |> Seq.map Ok

        match systems with
        | [ system ] when Design.fits components system ->
            match
                Design.accumulate ignore [ system ] sample
                |> Result.mapError SourceFailed
                |> Result.bind (Drawing.solveAll config.Ridge [ system ])
            with
            | Ok [ solution ] when solution.Posterior.IsSome ->
                let posterior = solution.Posterior.Value
                let motions = survey.Sample |> Array.filter Observation.isOfMotion
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

    /// The survey with a form of equations, with the shapes of its blocks if they are chosen.
    let choose (config: TrainingConfig) (shapes: Shape[] option) (survey: Survey) : Survey =
        match config.Stencil with
        | _ when not survey.HasMotion -> survey
        | Some form -> survey.With form
        | None ->
            let inner, shapes =
                match shapes with
                | Some shapes -> survey, shapes
                | None ->
                    let inner = survey |> Pilot.keep (Pilot.isOuter >> not)
                    let relations = survey.First.Structure.Relations
                    inner, inner.Parts |> List.map (fun part -> Drawing.startOf config part relations) |> Array.ofList

            let scored = candidates survey |> List.map (fun form -> form, openness config inner shapes form)
            scored |> List.minBy snd |> fst |> survey.With
