using Starling.LoadGenerator.Net;
using Starling.LoadGenerator.Results;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>From the CONNECT of clients that come back to the last of the messages that waited for them.</summary>
internal static class OfflineScenario
{
    public static Result Run(Scenario scenario, LoadOptions options)
    {
        var rounds = new Rounds(options);
        var (lost, duplicates, outOfOrder) = (0L, 0L, 0L);
        var each = scenario.Count / scenario.Receivers;
        long[] waiting = [.. Enumerable.Repeat((long)each, scenario.Receivers)];
        using var publisher = SimpleClient.Connect(options.Dialer, options.Login, "publisher");
        while (rounds.More)
        {
            Returner[] clients =
            [
                .. Enumerable.Range(0, scenario.Receivers)
                    .Select(index => new Returner($"sleeper-{rounds.All}-{index}", $"offline/{rounds.All}/{index}")),
            ];
            foreach (var client in clients)
            {
                client.Leave(options, scenario.QoS);
                publisher.Publish(each, _ => client.Topic, scenario.Payload, retain: false);
            }

            rounds.Measure(() =>
            {
                foreach (var check in Returner.TakeAll(options, clients, waiting))
                {
                    lost += check.Lost(each);
                    duplicates += check.Duplicates;
                    outOfOrder += check.OutOfOrder;
                }
            });
        }

        return rounds.Complete(
            new Result
            {
                Broker = options.Broker,
                Scenario = scenario,
                Sent = (long)each * scenario.Receivers * rounds.All,
                Lost = lost,
                Duplicates = duplicates,
                OutOfOrder = outOfOrder,
            },
            each * scenario.Receivers);
    }
}
