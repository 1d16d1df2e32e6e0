using Starling.Protocol;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.KnownHoles;

/// <summary>What strangers can claim.</summary>
public sealed class BeforeConnectTests
{
    [Theory]
    [InlineData(0x10)]
    [InlineData(0x30)]
    public async Task CVE_2017_7651_CVE_2023_0809_A_remaining_length_of_256_MB_before_CONNECT_is_closed_at_its_header(byte first)
    {
        await using var target = await Target.StartAsync();

        for (var i = 0; i < 100; i++)
        {
            await using var client = await target.OpenAsync();
            await client.SendAsync([first, .. Bytes.LongestRemainingLength]);
            await client.ExpectClosedAsync();
        }

        await target.ShouldBeWellAsync(withinMiB: 24);
    }

    [Fact]
    public async Task CVE_2017_7651_The_largest_CONNECT_that_is_read_never_completed_costs_each_stranger_64_KiB()
    {
        await using var target = await Target.StartAsync(limits: new { connectTimeout = "1m" });
        var strangers = new List<MqttTestClient>();
        var almost = new byte[64 * 1024 - 1];
        byte[] header = [0x10, .. Bytes.Number(64 * 1024 - 4)];
        header.CopyTo(almost, 0);

        for (var i = 0; i < 100; i++)
        {
            strangers.Add(await target.OpenAsync());
            await strangers[^1].SendAsync(almost);
        }

        // The 101st of an address is not let in, and leaves no room for more.
        await using (var oneMore = await target.OpenAsync())
            await oneMore.ExpectClosedAsync();
        foreach (var stranger in strangers)
            await stranger.DisposeAsync();
        await target.ShouldBeWellAsync(withinMiB: 48);
    }

    [Fact]
    public async Task CVE_2026_21888_A_remaining_length_of_five_bytes_is_malformed()
    {
        await using var target = await Target.StartAsync();

        await using (var stranger = await target.OpenAsync())
        {
            await stranger.SendAsync([0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]);
            await stranger.ExpectClosedAsync();
        }

        await using (var client = await target.ConnectAsync("c"))
        {
            await client.SendAsync([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]);
            await client.ExpectDisconnectedAsync(ReasonCode.MalformedPacket);
        }

        // The same encoding in a property: a subscription identifier.
        await using (var client = await target.ConnectAsync("c"))
        {
            await client.SendAsync(Bytes.Packet(0x82, [0, 1, 6, 0x0B, 0x80, 0x80, 0x80, 0x80, 0x01, .. Bytes.Text("a"), 0]));
            await client.ExpectDisconnectedAsync(ReasonCode.MalformedPacket);
        }

        await target.ShouldBeWellAsync(withinMiB: 24);
    }

    [Fact]
    public async Task CVE_2021_33175_A_message_that_announces_256_MB_is_closed_at_its_header()
    {
        await using var target = await Target.StartAsync();

        for (var i = 0; i < 50; i++)
        {
            await using var client = await target.ConnectAsync("c");
            await client.SendAsync([0x30, .. Bytes.LongestRemainingLength]);
            await client.ExpectDisconnectedAsync(ReasonCode.PacketTooLarge);
        }

        await target.ShouldBeWellAsync(withinMiB: 32);
    }

    [Fact]
    public async Task CVE_2021_33176_Where_256_MB_are_allowed_a_client_claims_what_it_has_sent_not_what_it_announced()
    {
        await using var target = await Target.StartAsync(tenantLimits: new { packetSize = 268_435_455 });
        var clients = new List<MqttTestClient>();
        byte[] beginning = [0x30, .. Bytes.LongestRemainingLength, .. Bytes.Text("a"), 0, .. new byte[100_000]];

        for (var i = 0; i < 50; i++)
        {
            clients.Add(await target.ConnectAsync($"c{i}"));
            await clients[^1].SendAsync(beginning);
        }

        await target.ShouldBeWellAsync(withinMiB: 64);
        foreach (var client in clients)
            await client.DisposeAsync();
    }

    [Fact]
    public async Task CVE_2021_22116_Lengths_inside_of_a_packet_that_lead_out_of_it_are_malformed()
    {
        await using var target = await Target.StartAsync();
        byte[][] crafted =
        [
            Bytes.Packet(0x30, [0xFF, 0xFF, (byte)'a']),
            Bytes.Packet(0x30, [.. Bytes.Text("a"), 0xFF, 0xFF, 0xFF, 0x7F]),
            Bytes.Packet(0x30, [.. Bytes.Text("a"), 5, 0x26, 0xFF, 0xFF, 0xFF, 0xFF]),
            Bytes.Packet(0x82, [0, 1, 0, 0xFF, 0xFF, (byte)'a', 0]),
            Bytes.Packet(0x82, [0, 1, 0xFF, 0xFF, 0xFF, 0x7F, 0]),
            Bytes.Packet(0xA2, [0, 1, 0, 0xFF, 0xFF]),
        ];

        foreach (var packet in crafted)
        {
            await using var client = await target.ConnectAsync("c");
            await client.SendAsync(packet);
            await client.ExpectDisconnectedAsync(ReasonCode.MalformedPacket);
        }

        await target.ShouldBeWellAsync(withinMiB: 24);
    }

    [Fact]
    public async Task CVE_2023_3592_CONNECT_packets_with_invalid_will_properties_leave_nothing_behind()
    {
        await using var target = await Target.StartAsync();
        // The will delay twice, before a payload of 40 KB.
        byte[] connect = Bytes.Packet(0x10,
        [
            .. Bytes.Text("MQTT"), 5, 0xC6, 0, 0, 0, .. Bytes.Text("leak"),
            10, 0x18, 0, 0, 0, 1, 0x18, 0, 0, 0, 1, .. Bytes.Text("will"), .. Bytes.Text(new string('x', 40_000)), .. Bytes.Text("demo"), .. Bytes.Text("demo"),
        ]);

        for (var i = 0; i < 3000; i++)
        {
            await using var client = await target.OpenAsync();
            await client.SendAsync(connect);
            (await client.ExpectAsync<ConnAckPacket>()).ReasonCode.ShouldBe(ReasonCode.ProtocolError);
        }

        // 3000 payloads would be 115 MiB.
        await target.ShouldBeWellAsync(withinMiB: 64);
    }
}
