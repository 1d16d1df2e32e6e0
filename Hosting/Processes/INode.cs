namespace Starling.Hosting.Processes;

/// <summary>A broker, an edge or a silo that runs in this process. Disposing ends it.</summary>
internal interface INode : IAsyncDisposable
{
    /// <summary>Completes, with what to tell the operator, when the process must end.</summary>
    Task<string> Lost { get; }

    /// <summary>Reads files that may have changed (tenants, certificates) now. Never throws: what is wrong with one is logged, and what it held before stays in force.</summary>
    void ReloadFiles();

    /// <summary>Ends in good order.</summary>
    Task StopAsync();
}
