using Starling.LoadGenerator.Net;
using Starling.LoadGenerator.Results;
using Starling.LoadGenerator.Statistics;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>From the CONNECT of a client that comes back to the last of the messages that waited for it.</summary>
internal static class OfflineScenario
{
    public static Result Run(Scenario scenario, LoadOptions options)
    {
        var rounds = new Rounds(options);
        var (lost, duplicates, outOfOrder) = (0L, 0L, 0L);
        using var publisher = SimpleClient.Connect(options.Dialer, options.Login, "publisher");
        for (var round = 0; rounds.More; round++)
        {
            var (clientId, topic) = ($"sleeper-{round}", $"offline/{round}");
            using (var first = SimpleClient.Connect(options.Dialer, options.Login, clientId, keepSession: true))
            {
                first.Subscribe([topic], scenario.QoS);
                first.Disconnect();
            }

            publisher.Publish(scenario.Count, _ => topic, scenario.Payload, retain: false);

            var check = new SequenceCheck();
            rounds.Measure(() =>
            {
                using var back = SimpleClient.Connect(options.Dialer, options.Login, clientId, keepSession: true);
                back.Receive(sequence =>
                {
                    check.Take(sequence);
                    return check.Next < scenario.Count;
                });
                back.Disconnect();
            });
            lost += check.Lost(scenario.Count);
            duplicates += check.Duplicates;
            outOfOrder += check.OutOfOrder;
        }

        var result = new Result { Broker = options.Broker, Scenario = scenario, Lost = lost, Duplicates = duplicates, OutOfOrder = outOfOrder };
        return rounds.Complete(result, scenario.Count);
    }
}
