using System.Net.Sockets;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

/// <summary>Clients that send DISCONNECT while the broker waits for them to read.</summary>
public sealed class GoodbyeTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private TestBroker _broker = null!;
    private MqttTestClient _bystander = null!;
    private NetworkStream _stream = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await TestBroker.StartAsync(time: _time);
        _bystander = await _broker.ConnectAsync("bystander");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(_broker.EndPoint, TestContext.Current.CancellationToken);
        _stream = new NetworkStream(socket, ownsSocket: true);
        await LeaveWithoutReadingAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _bystander.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.14.4-2")]
    [Trait("Statement", "MQTT311-3.14.4-1")]
    public async Task A_client_that_reads_on_gets_what_was_sent_and_a_connection_that_ends_in_order()
    {
        (await ReadToEndAsync()).ShouldBeGreaterThan(1_000_000);
    }

    [Fact]
    public async Task A_client_that_does_not_is_cut_off_after_a_second()
    {
        _time.Advance(TimeSpan.FromSeconds(1.1));

        await Should.ThrowAsync<IOException>(WriteAsync(1000));
    }

    /// <summary>Sends itself so much that the broker has to wait for it, and then a DISCONNECT that the broker goes by.</summary>
    private async Task LeaveWithoutReadingAsync()
    {
        var client = new MqttTestClient(_stream);
        await client.ConnectAsync("c");
        await client.SubscribeAsync("a");
        var publisher = await _broker.ConnectAsync("p");
        while (_broker.Counters.DroppedSlowReader.Value == 0)
        {
            await publisher.SendAsync(Publish("a", new string('x', 200_000)));
            await publisher.ExpectNothingAsync();
        }

        await publisher.DisconnectAsync();
        await client.SendAsync(new DisconnectPacket());
        while (_broker.Counters.ConnectionsOpen.Value > 1)
            await _bystander.ExpectNothingAsync();
    }

    /// <summary>One byte at a time, while the broker goes on with other things.</summary>
    private async Task WriteAsync(int bytes)
    {
        for (var i = 0; i < bytes; i++)
        {
            await _stream.WriteAsync(new byte[1], TestContext.Current.CancellationToken);
            await _bystander.ExpectNothingAsync();
        }
    }

    private async Task<long> ReadToEndAsync()
    {
        var buffer = new byte[65536];
        long total = 0;
        int count;
        while ((count = await _stream.ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0)
            total += count;
        return total;
    }
}
