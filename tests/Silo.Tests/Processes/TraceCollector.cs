using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Starling.Silo.Tests.Processes;

/// <summary>Takes traces, metrics and logs as an OpenTelemetry collector does, by HTTP and protobuf, and keeps the spans.</summary>
internal sealed class TraceCollector : IAsyncDisposable
{
    private readonly ConcurrentQueue<TraceSpan> _spans = new();
    private readonly ConcurrentDictionary<(string Service, string Path), int> _requests = new();
    private readonly WebApplication _app;

    private TraceCollector(WebApplication app) => _app = app;

    public Uri Endpoint => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public IReadOnlyCollection<TraceSpan> Spans => [.. _spans];

    /// <summary>Services (<c>service.name</c>) that have sent something to a path such as <c>/v1/logs</c>.</summary>
    public IEnumerable<string> Senders(string path) => _requests.Keys.Where(request => request.Path == path).Select(request => request.Service);

    public static async Task<TraceCollector> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var collector = new TraceCollector(app);
        app.Run(collector.TakeAsync);
        await app.StartAsync();
        return collector;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        var path = http.Request.Path.Value!;
        // The outermost message and the resource in it have the same numbers for every signal.
        foreach (var resource in Protobuf.Messages(body.ToArray(), 1))
        {
            var service = ServiceName(Protobuf.Messages(resource, 1).First());
            _requests.AddOrUpdate((service, path), 1, static (_, count) => count + 1);
            if (path != "/v1/traces")
                continue;
            foreach (var scope in Protobuf.Messages(resource, 2))
            {
                var source = Protobuf.Text(Protobuf.Messages(scope, 1).First(), 1);
                foreach (var span in Protobuf.Messages(scope, 2))
                {
                    _spans.Enqueue(new TraceSpan(
                        service, source, Protobuf.Text(span, 5), Protobuf.Hex(span, 1), Protobuf.Hex(span, 2), Protobuf.Hex(span, 4)));
                }
            }
        }

        http.Response.ContentType = "application/x-protobuf";
    }

    private static string ServiceName(byte[] resource) => Protobuf.Messages(resource, 1)
        .Where(attribute => Protobuf.Text(attribute, 1) == "service.name")
        .Select(attribute => Protobuf.Text(Protobuf.Messages(attribute, 2).First(), 1))
        .Single();
}

/// <param name="Service">The process's kind.</param>
/// <param name="Source">Of the activity.</param>
/// <param name="Name">Of the step.</param>
/// <param name="Trace">Its id.</param>
/// <param name="Id">The span's.</param>
/// <param name="Parent">The id of the span that it is a part of; empty for the first one.</param>
internal sealed record TraceSpan(string Service, string Source, string Name, string Trace, string Id, string Parent);
