using Starling.LoadGenerator.Net;
using Starling.LoadGenerator.Results;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>From SUBSCRIBE with a wildcard to the last of the retained messages that match it.</summary>
internal static class RetainedScenario
{
    public static Result Run(Scenario scenario, LoadOptions options)
    {
        using (var publisher = SimpleClient.Connect(options.Dialer, options.Login, "publisher"))
            publisher.Publish(scenario.Count, index => $"retained/{index / 100}/{index}", scenario.Payload, retain: true);

        var rounds = new Rounds(options);
        long duplicates = 0;
        while (rounds.More)
        {
            using var subscriber = SimpleClient.Connect(options.Dialer, options.Login, "subscriber");
            var seen = new bool[scenario.Count];
            var left = scenario.Count;
            rounds.Measure(() =>
            {
                subscriber.BeginSubscribe("retained/#", scenario.QoS);
                subscriber.Receive(Take);
            });

            bool Take(long index)
            {
                if (seen[index])
                    duplicates++;
                else
                    left--;
                seen[index] = true;
                return left > 0;
            }
        }

        return rounds.Complete(new Result { Broker = options.Broker, Scenario = scenario, Lost = 0, Duplicates = duplicates }, scenario.Count);
    }
}
