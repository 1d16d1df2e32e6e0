using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Starling.Edge.Transports;
using Starling.Hosting.Sockets;

namespace Starling.Edge.Tests.Listeners;

/// <summary>Fails when a new runtime keeps its options elsewhere: connections get smaller blocks of memory then.</summary>
public sealed class SocketContextsTests
{
    [Fact]
    public async Task Connections_use_the_memory_pool_that_the_options_name()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseSockets();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, SocketBlocks.Factory>();
        await using var app = builder.Build();
        using var factory = SocketContexts.Create(
            app.Services.GetRequiredService<IOptions<SocketTransportOptions>>().Value, NullLogger.Instance);
        using var listening = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        listening.Listen();
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listening.LocalEndPoint!, TestContext.Current.CancellationToken);

        await using var connection = factory.Create(await listening.AcceptAsync(TestContext.Current.CancellationToken));

        connection.Features.Get<IMemoryPoolFeature>().ShouldNotBeNull().MemoryPool.ShouldBeOfType<SocketBlocks>();
    }
}
