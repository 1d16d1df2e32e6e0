using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Hostile;

/// <summary>Two clients of a tenant that nobody attacks: a message of QoS 1 every ten milliseconds, from PUBLISH to its arrival.</summary>
internal sealed class HealthyPair : IAsyncDisposable
{
    private readonly ConcurrentQueue<double> _milliseconds = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly MqttTestClient _sender;
    private readonly MqttTestClient _receiver;

    private HealthyPair(MqttTestClient sender, MqttTestClient receiver)
    {
        (_sender, _receiver) = (sender, receiver);
        Exchange = ExchangeAsync();
    }

    /// <summary>Fails when a message does not arrive or a connection is closed.</summary>
    public Task Exchange { get; }

    public static async Task<HealthyPair> StartAsync(int port)
    {
        var receiver = await ConnectAsync(port, "receiver");
        await receiver.SubscribeAsync("healthy", QualityOfService.AtLeastOnce);
        return new(await ConnectAsync(port, "sender"), receiver);
    }

    /// <summary>How long the messages since the last call took, sorted.</summary>
    public IReadOnlyList<double> TakeMilliseconds()
    {
        var taken = new List<double>();
        while (_milliseconds.TryDequeue(out var one))
            taken.Add(one);
        taken.Sort();
        return taken;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Exchange.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await _sender.DisposeAsync();
        await _receiver.DisposeAsync();
        _stop.Dispose();
    }

    private static async Task<MqttTestClient> ConnectAsync(int port, string clientId)
    {
        var client = await MqttTestClient.OpenAsync(new IPEndPoint(IPAddress.Loopback, port));
        var connAck = await client.ConnectAsync(new ConnectPacket { ClientIdentifier = clientId, UserName = "healthy/healthy", Password = Encoding.UTF8.GetBytes("healthy") });
        return connAck.ReasonCode == ReasonCode.Success ? client : throw new UnexpectedException($"the healthy pair was refused: {connAck}");
    }

    private async Task ExchangeAsync()
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var number = 0; !_stop.IsCancellationRequested; number++)
        {
            await pace.WaitForNextTickAsync();
            var text = number.ToString(CultureInfo.InvariantCulture);
            var since = Stopwatch.GetTimestamp();
            await _sender.PublishAsync("healthy", text, QualityOfService.AtLeastOnce);
            if ((await _receiver.ExpectMessageAsync()).Text is var got && got != text)
                throw new UnexpectedException($"expected message {text}, got {got}");
            _milliseconds.Enqueue(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
        }
    }
}
