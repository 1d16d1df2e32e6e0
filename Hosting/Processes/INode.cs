namespace Starling.Hosting.Processes;

/// <summary>A broker, an edge or a silo that runs in this process. To dispose of it ends it.</summary>
internal interface INode : IAsyncDisposable
{
    /// <summary>Completes, with what to tell the operator, when the process must not go on.</summary>
    Task<string> Lost { get; }

    /// <summary>Ends in good order.</summary>
    Task StopAsync();
}
