namespace Starling.EndToEnd.Tests.Harness;

/// <summary>Where the built programs are, and which clients this machine has.</summary>
internal static class Installation
{
    public static string Root { get; } = FindRoot();

    public static string Broker { get; } = Built("Edge", "Starling.Edge.dll");

    public static string Silo { get; } = Built("Silo", "Starling.Silo.dll");

    public static string CommandLine { get; } = Built("Cli", "starling.dll");

    public static string JavaScript { get; } = Path.Combine(Root, "tests", "EndToEnd.Tests", "js");

    /// <summary>The tests run in bin/CONFIGURATION/FRAMEWORK, and what they start was built beside them in the same way.</summary>
    public static string Built(string project, string file)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(Root, project, "bin", framework.Parent!.Name, framework.Name, file);
    }

    /// <summary>Skips the test where mosquitto's clients are missing, except under CI, where that is a failure.</summary>
    public static void NeedsMosquitto() =>
        Needs(OnPath("mosquitto_pub") && OnPath("mosquitto_sub") && OnPath("stdbuf"), "mosquitto_pub and mosquitto_sub are not installed (mosquitto-clients)");

    /// <summary>Skips the test where Node or MQTT.js are missing, except under CI, where that is a failure.</summary>
    public static void NeedsMqttJs() =>
        Needs(OnPath("node") && Directory.Exists(Path.Combine(JavaScript, "node_modules", "mqtt")), "MQTT.js is not installed (npm ci in tests/EndToEnd.Tests/js)");

    /// <summary>Skips the test for this reason, except under CI, where it fails.</summary>
    public static void Needs(bool present, string reason)
    {
        if (present)
            return;
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail(reason);
        Assert.Skip(reason);
    }

    private static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Cluster.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("Cluster.sln is in no folder above " + AppContext.BaseDirectory);
        return folder;
    }
}
