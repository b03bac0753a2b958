using System;
using System.IO;
using System.Linq;
using Expecto.CSharp;
using Test = Expecto.Test;

namespace HgnFunctional.CSharp.Tests;

/// <summary>The steps of a training as files, through the facade.</summary>
internal static class PartTests
{
    private static void Refuses(string words, Action action)
    {
        try
        {
            action();
        }
        catch (HgnInputException error)
        {
            Check.That(error.Message.Contains(words, StringComparison.Ordinal), $"'{error.Message}' has '{words}'");
            return;
        }

        Check.That(false, $"a sentence with '{words}'");
    }

    internal static Test All => Runner.TestList(
        "parts",
        [
            Runner.TestCase("options go along in the files, and steps give the model of one training", () =>
            {
                Given.InFolder(folder =>
                {
                    string At(string name) => Path.Combine(folder, name);
                    var options = new TrainingOptions { Width = 16, Seed = 5, Sampler = "swim", Ridge = 1e-6, Blocks = [ModelBlock.Body, ModelBlock.Pair] };
                    TrainingSurvey.Of(Given.RingData, options, new TrainingShard(1, 2)).Save(At("s1"));
                    TrainingSurvey.Of(Given.RingData, options, new TrainingShard(0, 2)).Save(At("s0"));
                    var survey = TrainingSurvey.Merge(TrainingSurvey.Load(At("s1")), TrainingSurvey.Load(At("s0")));
                    Check.Equal((16, 5, "swim", 1e-6), (survey.Options.Width, survey.Options.Seed, survey.Options.Sampler, survey.Options.Ridge), "options");
                    survey.Plan().Save(At("p"));
                    var plan = TrainingPlan.Load(At("p"));
                    Check.Equal(survey.Plan().Hash, plan.Hash, "the plan through a file");
                    plan.Accumulate(Given.RingData).Save(At("a"));
                    var solution = TrainingAccumulation.Load(At("a"), plan).Solve();
                    Check.That(solution is { Improves: true, Next: null }, "the last round");
                    solution.Model.Save(At("model"));
                    HgnModel.Train(Given.RingData, options).Model.Save(At("whole"));
                    Check.That(File.ReadAllBytes(At("model")).SequenceEqual(File.ReadAllBytes(At("whole"))), "the same bytes");
                });
            }),
            Runner.TestCase("files that are cut off, damaged, of another kind or of one's own blocks are refused in one sentence", () =>
            {
                Given.InFolder(folder =>
                {
                    string At(string name) => Path.Combine(folder, name);
                    var survey = TrainingSurvey.Of(Given.RingData);
                    survey.Save(At("s"));
                    var plan = survey.Plan();
                    plan.Save(At("p"));
                    var bytes = File.ReadAllBytes(At("s"));
                    File.WriteAllBytes(At("cut"), bytes[..^7]);
                    bytes[bytes.Length / 2] ^= 1;
                    File.WriteAllBytes(At("damaged"), bytes);
                    File.WriteAllText(At("other"), "a text");
                    Refuses("cut off or damaged", () => TrainingSurvey.Load(At("cut")));
                    Refuses("cut off or damaged", () => TrainingSurvey.Load(At("damaged")));
                    Refuses("is no part of a training", () => TrainingSurvey.Load(At("other")));
                    Refuses("kind 'survey'; expected one of kind 'plan'", () => TrainingPlan.Load(At("s")));
                    Refuses("there is no such file", () => TrainingPlan.Load(At("nowhere")));
                    Refuses("other options", () => TrainingSurvey.Load(At("s"), new TrainingOptions { Width = 3 }));
                    Refuses("in two parts", () => TrainingSurvey.Merge(survey, TrainingSurvey.Load(At("s"))));
                    Refuses("in no part", () => plan.Accumulate(Given.RingData, new TrainingShard(0, 2)).Solve());
                    TrainingSurvey.Of(Given.RingData, new TrainingOptions { Blocks = [ModelBlock.Body, ModelBlock.Pair, ModelBlock.Known(KnownLaw.Gravity(1))] }).Save(At("own"));
                    Refuses("whose code is in no file", () => TrainingSurvey.Load(At("own")));
                });
            }),
            Runner.TestCase("shares are read from texts and from what launchers say", () =>
            {
                Check.Equal("1/4", TrainingShard.Parse("1/4").ToString(), "a text");
                Check.Equal("3/8", TrainingShard.Parse("/8", name => name == "OMPI_COMM_WORLD_RANK" ? "3" : null).ToString(), "a launcher");
                Refuses("none of SLURM_ARRAY_TASK_ID", () => TrainingShard.Parse("/8", _ => null));

                foreach (var text in new[] { "4/4", "-1/4", "1", "1/0", "a/b", "1/2/3", "" })
                {
                    Refuses("expected a number from 0", () => TrainingShard.Parse(text));
                }
            }),
        ]);
}
