using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Starling.Hosting.Configuration;
using Starling.Hosting.Sockets;
using Starling.Hosting.Telemetry.Prometheus;

namespace Starling.Hosting.Management;

/// <summary>Health, readiness and metrics on a server of their own, which is up before the listeners and after them.</summary>
internal sealed class ManagementServer : IAsyncDisposable
{
    private readonly IReadOnlyList<IReadinessCheck> _checks;
    private readonly PrometheusExporter _metrics;
    private readonly AllowedHosts _hosts;
    private readonly WebApplication _app;
    private ListenOptions? _bound;

    private ManagementServer(
        ManagementOptions options,
        IEnumerable<IReadinessCheck> checks,
        PrometheusExporter metrics,
        AcceptFailures failures,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        (_checks, _metrics, _hosts) = ([.. checks], metrics, new(options.AllowedHosts));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(failures);
        builder.WebHost.UseKestrelCore()
            .UseSockets(sockets => ListenSockets.Configure(sockets, static _ => "management", ListenSockets.ServerKeepAlive))
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxConcurrentConnections = 100;
                kestrel.Limits.MaxRequestBodySize = 0;
                kestrel.Listen(new IPEndPoint(IPAddress.Parse(options.Address), options.Port), bound =>
                {
                    _bound = bound;
                    bound.Protocols = HttpProtocols.Http1;
                });
            });
        builder.Services.AddSingleton<IConnectionListenerFactory, SocketAcceptors>();
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    public IPEndPoint EndPoint => _bound!.IPEndPoint!;

    /// <param name="services">Of the node: its checks, metrics, clock and loggers.</param>
    /// <exception cref="ListenException">The port is in use.</exception>
    public static async Task<ManagementServer> StartAsync(ManagementOptions options, IServiceProvider services, CancellationToken cancellation)
    {
        var server = new ManagementServer(
            options,
            services.GetServices<IReadinessCheck>(),
            services.GetRequiredService<PrometheusExporter>(),
            services.GetRequiredService<AcceptFailures>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILoggerFactory>());
        try
        {
            await server._app.StartAsync(cancellation);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Task HandleAsync(HttpContext http)
    {
        // That the process lives is no secret.
        if (http.Request.Path.Value != "/healthz" && !_hosts.Allow(http.Request.Host.Host))
        {
            http.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
            return WriteAsync(http, "text/plain; charset=utf-8", "This host name is not allowed here, see management.allowedHosts\n");
        }
        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            http.Response.Headers.Allow = "GET, HEAD";
            return Task.CompletedTask;
        }
        switch (http.Request.Path.Value)
        {
            case "/healthz":
                return WriteAsync(http, "text/plain; charset=utf-8", "ok\n");
            case "/readyz":
                return WriteReadinessAsync(http);
            case "/metrics":
                return WriteMetricsAsync(http);
            default:
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                return WriteAsync(http, "text/plain; charset=utf-8", "There is /healthz, /readyz and /metrics\n");
        }
    }

    private Task WriteReadinessAsync(HttpContext http)
    {
        var reasons = _checks.Select(check => (check.Name, Reason: check.NotReadyReason)).Where(check => check.Reason is not null).ToDictionary();
        if (reasons.Count > 0)
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        var warnings = _checks.Select(check => (check.Name, check.Warning)).Where(check => check.Warning is not null).ToDictionary();
        object answer = warnings.Count == 0 ? new { ready = reasons.Count == 0, reasons } : new { ready = reasons.Count == 0, reasons, warnings };
        return WriteAsync(http, "application/json", JsonSerializer.Serialize(answer) + "\n");
    }

    private Task WriteMetricsAsync(HttpContext http) => IsOnlyHead(http, PrometheusText.ContentType)
        ? Task.CompletedTask
        : _metrics.ScrapeAsync(
            text =>
            {
                http.Response.ContentLength = text.Length;
                return http.Response.Body.WriteAsync(text, http.RequestAborted).AsTask();
            },
            http.RequestAborted);

    private static Task WriteAsync(HttpContext http, string contentType, string text) =>
        IsOnlyHead(http, contentType) ? Task.CompletedTask : http.Response.WriteAsync(text);

    private static bool IsOnlyHead(HttpContext http, string contentType)
    {
        http.Response.ContentType = contentType;
        http.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(http.Request.Method);
    }
}
