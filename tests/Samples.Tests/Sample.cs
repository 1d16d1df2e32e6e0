using System.ComponentModel;
using System.Diagnostics;
using Starling.EndToEnd.Tests.Harness;

namespace Starling.Samples.Tests;

/// <summary>Where the built samples are, and what this machine has for the others.</summary>
internal static class Sample
{
    /// <summary>A Python that has Paho. A package of the system is not seen by a Python that was installed beside the system's.</summary>
    private static readonly Lazy<string?> Python = new(() => new[] { "python3", "/usr/bin/python3" }.FirstOrDefault(HasPaho));

    public static string Built(string project) => Installation.Built(Path.Combine("samples", project), $"Starling.{project}.dll");

    /// <summary>Skips the test where there is none, except under CI, where that is a failure.</summary>
    public static string PythonWithPaho()
    {
        Installation.Needs(Python.Value is not null, "Paho for Python is not installed (apt-get install python3-paho-mqtt)");
        return Python.Value!;
    }

    private static bool HasPaho(string python)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-c", "import paho.mqtt.client"]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
