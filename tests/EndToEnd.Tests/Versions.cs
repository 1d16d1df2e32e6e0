namespace Starling.EndToEnd.Tests;

/// <summary>Protocol versions as mosquitto's clients name them.</summary>
public static class Versions
{
    public static TheoryData<string> All => ["31", "311", "5"];

    public static TheoryData<string> WithSharedSubscriptions => ["311", "5"];

    public static MatrixTheoryData<string, int> WithEveryQoS => new(["31", "311", "5"], [0, 1, 2]);
}
