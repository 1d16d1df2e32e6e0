using System.Diagnostics;
using System.Text;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.KnownHoles;

/// <summary>Two clients of another tenant who exchange a message every few milliseconds while something else goes on, and time it.</summary>
internal sealed class HealthyPair : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<double> _milliseconds = [];
    private readonly MqttTestClient _sender;
    private readonly MqttTestClient _receiver;
    private readonly Task _exchange;

    private HealthyPair(MqttTestClient sender, MqttTestClient receiver)
    {
        (_sender, _receiver) = (sender, receiver);
        _exchange = ExchangeAsync();
    }

    public static async Task<HealthyPair> StartAsync(Target target)
    {
        var receiver = await ConnectAsync(target, "receiver");
        await receiver.SubscribeAsync("healthy", QualityOfService.AtLeastOnce);
        return new HealthyPair(await ConnectAsync(target, "sender"), receiver);
    }

    /// <summary>Ends it. Every message has arrived; half of them within the median.</summary>
    public async Task ShouldHaveBeenWellAsync(double medianMilliseconds, double worstMilliseconds)
    {
        await _stop.CancelAsync();
        await _exchange;
        _milliseconds.Sort();
        var (median, worst) = (_milliseconds[_milliseconds.Count / 2], _milliseconds[^1]);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{_milliseconds.Count} messages meanwhile: median {median:0.0} ms, 99% {_milliseconds[_milliseconds.Count * 99 / 100]:0.0} ms, worst {worst:0.0} ms");
        median.ShouldBeLessThan(medianMilliseconds);
        worst.ShouldBeLessThan(worstMilliseconds);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _exchange.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await _sender.DisposeAsync();
        await _receiver.DisposeAsync();
        _stop.Dispose();
    }

    private async Task ExchangeAsync()
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            await pace.WaitForNextTickAsync();
            var since = Stopwatch.GetTimestamp();
            await _sender.PublishAsync("healthy", $"{i}", QualityOfService.AtLeastOnce);
            (await _receiver.ExpectMessageAsync()).Text.ShouldBe($"{i}");
            _milliseconds.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
        }
    }

    private static async Task<MqttTestClient> ConnectAsync(Target target, string clientId)
    {
        var client = Target.Patient(await MqttTestClient.OpenAsync(target.Broker.EndPoint("any")));
        (await client.ConnectAsync(new ConnectPacket
        {
            ClientIdentifier = clientId,
            UserName = "acme/acme",
            Password = Encoding.UTF8.GetBytes("acme"),
        })).ReasonCode.ShouldBe(ReasonCode.Success);
        return client;
    }
}
