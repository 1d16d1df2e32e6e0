using Starling.Testing.PostgreSql;

namespace Starling.Durability.Faults;

/// <summary>Carries out a fault, and returns when broker and database work again.</summary>
internal sealed class FaultInjector(BrokerProcess broker, PostgresServer postgres)
{
    /// <param name="cutOff">Called in the middle of faults that leave the broker alive.</param>
    /// <returns>What happened.</returns>
    public async Task<string> StrikeAsync(FaultKind kind, Random random, Action cutOff)
    {
        switch (kind)
        {
            case FaultKind.Broker:
                return await KillBrokerAsync(random);
            case FaultKind.Database:
                await postgres.StopAsync(immediate: true);
                cutOff();
                await Task.Delay(random.Next(0, 300));
                await postgres.StartAgainAsync();
                return "database restarted";
            case FaultKind.Both:
                return await KillBothAsync(random);
            default:
                await postgres.PauseAsync();
                cutOff();
                var pause = random.Next(500, 4000);
                await Task.Delay(pause);
                await postgres.ResumeAsync();
                return $"database stood still for {pause} ms";
        }
    }

    private async Task<string> KillBrokerAsync(Random random)
    {
        await broker.KillAsync();
        broker.Start();
        if (random.Next(5) > 0)
        {
            await broker.ReadyAsync();
            return "broker killed";
        }

        var again = random.Next(100, 2500);
        await Task.Delay(again);
        await broker.KillAsync();
        broker.Start();
        await broker.ReadyAsync();
        return $"broker killed, and again after {again} ms";
    }

    private async Task<string> KillBothAsync(Random random)
    {
        var (brokerFirst, startFirst) = (random.Next(2) == 0, random.Next(2) == 0);
        if (brokerFirst)
            await broker.KillAsync();
        await postgres.StopAsync(immediate: true);
        if (!brokerFirst)
            await broker.KillAsync();
        // A broker that starts first waits for its database.
        if (startFirst)
            broker.Start();
        await postgres.StartAgainAsync();
        if (!startFirst)
            broker.Start();
        await broker.ReadyAsync();
        return $"{(brokerFirst ? "broker, then database" : "database, then broker")} killed";
    }
}
