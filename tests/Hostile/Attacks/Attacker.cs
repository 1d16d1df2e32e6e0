using System.Net;
using System.Net.Sockets;
using System.Text;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Hostile.Attacks;

/// <summary>What all attacks need: connections to the broker, and to keep doing something whatever the broker does.</summary>
/// <param name="endPoint">Of the broker's listener.</param>
/// <param name="random">Of the run's seed.</param>
internal sealed class Attacker(IPEndPoint endPoint, Random random)
{
    private long _number;

    public IPEndPoint EndPoint => endPoint;

    public Random Random => random;

    /// <summary>A number that was not used before.</summary>
    public long Next() => Interlocked.Increment(ref _number);

    /// <summary>A CONNECT of the tenant that everybody may use.</summary>
    public ConnectPacket Connect(string? clientId = null) => new()
    {
        ClientIdentifier = clientId ?? $"attacker-{Next()}",
        Password = Encoding.UTF8.GetBytes("attacker"),
        UserName = "attacker/attacker",
    };

    /// <summary>A TCP connection, nothing sent.</summary>
    public async Task<NetworkStream> OpenAsync(CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancel);
            return new(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A connection that has logged in; CONNACK has been read.</summary>
    public async Task<NetworkStream> LogInAsync(ConnectPacket connect, CancellationToken cancel)
    {
        var stream = await OpenAsync(cancel);
        try
        {
            await stream.WriteAsync(Encode(connect), cancel);
            var head = new byte[2];
            await stream.ReadExactlyAsync(head, cancel);
            var answer = new byte[head[1]];
            await stream.ReadExactlyAsync(answer, cancel);
            return answer is [_, 0, ..] ? stream : throw new IOException($"refused with 0x{(answer is [_, var reason, ..] ? reason : 0):X2}");
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    public static byte[] Encode(object packet) => AnyPacket.Encode(packet, ProtocolVersion.Mqtt5);

    public static byte[] Encode(IEnumerable<object> packets) => [.. packets.SelectMany(Encode)];

    /// <summary>
    /// Does the same thing in several places at once, again and again. That the broker closes the connection is no reason to stop; after an
    /// error there is a short pause.
    /// </summary>
    /// <param name="workers">How many at once.</param>
    /// <param name="once">What is repeated.</param>
    /// <param name="cancel">Ends it.</param>
    public static Task RepeatAsync(int workers, Func<int, CancellationToken, Task> once, CancellationToken cancel)
    {
        return Task.WhenAll(Enumerable.Range(0, workers).Select(WorkAsync));

        async Task WorkAsync(int worker)
        {
            while (!cancel.IsCancellationRequested)
            {
                try
                {
                    await once(worker, cancel);
                }
                catch (Exception error) when (error is IOException or SocketException or UnexpectedException or OperationCanceledException)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None);
                }
            }
        }
    }

    /// <summary>Reads and forgets everything until the connection is closed.</summary>
    public static async Task DrainAsync(Stream stream, CancellationToken cancel)
    {
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, cancel) > 0)
        {
            // What it says does not matter here.
        }
    }

    /// <summary>Sends while another reads and forgets; ends when either does.</summary>
    public static async Task SendAsync(Stream stream, Func<CancellationToken, Task> send, CancellationToken cancel)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] tasks = [send(both.Token), DrainAsync(stream, both.Token)];
        var first = await Task.WhenAny(tasks);
        await both.CancelAsync();
        await Task.WhenAll(tasks).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await first;
    }
}
