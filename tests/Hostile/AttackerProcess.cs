using System.Net;
using Starling.Hostile.Attacks;

namespace Starling.Hostile;

/// <summary>
/// Attacks from a process of its own, with a lower priority, so that what the healthy pair waits for is the broker and not this.
/// </summary>
internal static class AttackerProcess
{
    /// <summary>Runs the attacks that a line names, until the next line comes.</summary>
    public static async Task<int> RunAsync(int port, int seed, TextReader commands)
    {
        var attacker = new Attacker(new IPEndPoint(IPAddress.Loopback, port), new Random(seed));
        var running = Task.CompletedTask;
        var cancel = new CancellationTokenSource();
        while (await commands.ReadLineAsync() is { } line)
        {
            await cancel.CancelAsync();
            await running;
            cancel.Dispose();
            cancel = new CancellationTokenSource();
            var names = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            running = Task.WhenAll(Attack.All.Where(attack => names.Contains(attack.Name)).Select(attack => RunAsync(attack, attacker, cancel.Token)));
        }
        cancel.Dispose();
        return 0;
    }

    private static async Task RunAsync(Attack attack, Attacker attacker, CancellationToken cancel)
    {
        await Task.Yield();
        try
        {
            await attack.RunAsync(attacker, cancel);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Console.WriteLine($"{attack.Name}: {error}");
        }
    }
}
