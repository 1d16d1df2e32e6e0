using Microsoft.Extensions.Logging;

namespace Starling.Cluster.Edges;

public sealed partial class EdgeMembership
{
    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Joined the cluster as edge {EdgeId}")]
        public static partial void Joined(ILogger logger, string edgeId);

        [LoggerMessage(Level = LogLevel.Error, Message = "Edge {EdgeId} lost its cluster membership ({Reason}); closing its connections")]
        public static partial void Lost(ILogger logger, string edgeId, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Renewal of the lease of edge {EdgeId} failed, retrying: {Problem}")]
        public static partial void NotRenewed(ILogger logger, string edgeId, string problem);
    }
}
