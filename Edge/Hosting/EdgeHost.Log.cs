using System.Net;
using Microsoft.Extensions.Logging;

namespace Starling.Edge.Hosting;

public sealed partial class EdgeHost
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Fewer connections than the settings allow: {Problem}. Raise the limit of open files (ulimit -n, LimitNOFILE)")]
    private partial void LogFewerConnections(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "As many connections as the system allows: {Problem}")]
    private partial void LogConnections(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Listening on {EndPoint} ({Listener})")]
    private partial void LogListening(string listener, IPEndPoint endPoint);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping; closing {Connections} connections")]
    private partial void LogStopping(int connections);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Some connections did not close in time and were aborted")]
    private partial void LogStopTimedOut();

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped")]
    private partial void LogStopped();

    [LoggerMessage(Level = LogLevel.Information, Message = "SIGHUP: reading the tenants file and certificates again")]
    private partial void LogReloading();
}
