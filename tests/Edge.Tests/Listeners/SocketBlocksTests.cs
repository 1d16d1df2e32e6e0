using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Starling.Edge.Configuration;
using Starling.Edge.Transports;

namespace Starling.Edge.Tests.Listeners;

public sealed class SocketBlocksTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void When_the_large_blocks_are_out_the_others_are_small()
    {
        using var pool = new SocketBlocks(maxLarge: 2);

        using var first = pool.Rent();
        using var second = pool.Rent(SocketBlocks.SmallSize);
        using var third = pool.Rent(1);

        new[] { first, second, third }.Select(block => block.Memory.Length)
            .ShouldBe([SocketBlocks.LargeSize, SocketBlocks.LargeSize, SocketBlocks.SmallSize]);
    }

    [Fact]
    public void What_comes_back_is_used_again_large_ones_first_and_the_latest_of_them()
    {
        using var pool = new SocketBlocks(maxLarge: 2);
        IMemoryOwner<byte>[] blocks = [pool.Rent(), pool.Rent(), pool.Rent()];

        foreach (var block in blocks)
            block.Dispose();

        new[] { pool.Rent(), pool.Rent(), pool.Rent() }.ShouldBe([blocks[1], blocks[0], blocks[2]]);
    }

    [Fact]
    public void A_block_that_is_given_back_twice_is_not_given_out_twice()
    {
        using var pool = new SocketBlocks(maxLarge: 2);
        var block = pool.Rent();

        block.Dispose();
        block.Dispose();

        pool.Rent().ShouldNotBe(pool.Rent());
    }

    /// <summary>Fails when a new runtime takes its memory from elsewhere: sockets are read in pieces of 4 KiB then.</summary>
    [Fact]
    public async Task The_sockets_of_a_broker_take_their_memory_here()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Listener(ListenerType.Tcp));
        var sockets = broker.Host.Services.GetRequiredService<IConnectionListenerFactory>();
        await using var listener = await sockets.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Token);
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.EndPoint, Token);
        await using var connection = await listener.AcceptAsync(Token);

        await client.GetStream().WriteAsync(new byte[SocketBlocks.LargeSize], Token);
        var read = await connection!.Transport.Input.ReadAtLeastAsync(SocketBlocks.LargeSize, Token);

        read.Buffer.FirstSpan.Length.ShouldBeGreaterThan(SocketBlocks.SmallSize);
    }

    [Fact]
    public void A_pool_for_each_queue_has_its_part_of_the_large_blocks()
    {
        using var pool = new SocketBlocks.Factory().Create();
        var large = 0;

        while (pool.Rent().Memory.Length == SocketBlocks.LargeSize)
            large++;

        large.ShouldBe(SocketBlocks.MaxLarge / Math.Min(Environment.ProcessorCount, 16));
    }
}
