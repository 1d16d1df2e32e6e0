using System.Net.Sockets;

namespace Starling.Hostile.Attacks;

/// <summary>Attacks of strangers: before and during the log-in.</summary>
internal static class Connecting
{
    public static async Task SilenceAsync(Attacker attacker, CancellationToken cancel) =>
        await Attacker.RepeatAsync(2000, async (_, token) =>
        {
            await using var stream = await attacker.OpenAsync(token);
            await Attacker.DrainAsync(stream, token);
        }, cancel);

    public static async Task DripAsync(Attacker attacker, CancellationToken cancel) =>
        await Attacker.RepeatAsync(200, async (_, token) =>
        {
            await using var stream = await attacker.OpenAsync(token);
            await Attacker.SendAsync(stream, async until =>
            {
                using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1));
                foreach (var value in Attacker.Encode(attacker.Connect(new string('d', 1000))))
                {
                    await stream.WriteAsync(new[] { value }, until);
                    await pace.WaitForNextTickAsync(until);
                }
            }, token);
        }, cancel);

    public static async Task ConnectsAsync(Attacker attacker, CancellationToken cancel) =>
        await Attacker.RepeatAsync(32, async (_, token) =>
        {
            await using var stream = await attacker.LogInAsync(attacker.Connect(), token);
            // Reset: no FIN, and nothing that the broker could wait for.
            stream.Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }, cancel);

    public static async Task PasswordsAsync(Attacker attacker, CancellationToken cancel) =>
        await Attacker.RepeatAsync(100, async (worker, token) =>
        {
            var connect = attacker.Connect() with { UserName = worker % 2 == 0 ? "attacker/attacker" : $"attacker/nobody-{worker}", Password = new byte[] { (byte)worker } };
            await using var stream = await attacker.LogInAsync(connect, token);
        }, cancel);
}
