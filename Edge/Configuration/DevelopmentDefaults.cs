namespace Starling.Edge.Configuration;

/// <summary>The settings of a process that is given no file: everything on loopback, tenant <c>demo</c>.</summary>
public static class DevelopmentDefaults
{
    internal const string Json = """
        {
          "listeners": [
            { "name": "tcp", "type": "tcp", "port": 1883, "tenant": "demo" },
            { "name": "tls", "type": "tls", "port": 8883, "tenant": "demo", "tls": { "developmentCertificate": true } },
            { "name": "ws", "type": "ws", "port": 8083, "tenant": "demo" },
            { "name": "wss", "type": "wss", "port": 8084, "tenant": "demo", "tls": { "developmentCertificate": true } },
          ],
          "management": { "port": 8080 },
        }
        """;
}
