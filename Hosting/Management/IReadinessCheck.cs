namespace Starling.Hosting.Management;

/// <summary>One condition for <c>/readyz</c>; all that are registered as services count.</summary>
public interface IReadinessCheck
{
    string Name { get; }

    /// <summary>Why no traffic should come here now; null when it may.</summary>
    string? NotReadyReason { get; }

    /// <summary>What an operator should look at although traffic may come; null when there is nothing.</summary>
    string? Warning => null;
}
