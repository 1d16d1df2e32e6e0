namespace Starling.Broker.Retained;

/// <summary>The walk of one replay through the index: depth first, and it can be continued after the index has changed.</summary>
internal sealed class RetainedWalk
{
    private readonly string[] _levels;
    private readonly Stack<Step> _steps = new();

    /// <param name="filter">A valid topic filter, without a share name.</param>
    public RetainedWalk(string filter, RetainedNode root)
    {
        _levels = filter.Split('/');
        Descend(root, 0);
    }

    /// <returns>False at the end; otherwise the node that was visited, if it matches.</returns>
    public bool MoveNext(out RetainedNode? match)
    {
        match = null;
        while (_steps.TryPop(out var step))
        {
            if (step.Node is not { } node)
                continue;
            if (!step.Single)
                _steps.Push(step with { Node = node.Next });
            if (step.SkipReserved && node.Level.StartsWith('$'))
                continue;
            match = Visit(node, step.Level);
            return true;
        }

        return false;
    }

    private RetainedNode? Visit(RetainedNode node, int level)
    {
        if (level == _levels.Length)
        {
            // Below a "#".
            _steps.Push(new Step(node.FirstChild, level, Single: false, SkipReserved: false));
            return node;
        }

        if (level == _levels.Length - 1)
            return node;
        Descend(node, level + 1);
        return _levels[level + 1] == "#" ? node : null;
    }

    private void Descend(RetainedNode node, int level)
    {
        var skipReserved = level == 0;
        switch (_levels[level])
        {
            case "#":
                _steps.Push(new Step(node.FirstChild, _levels.Length, Single: false, skipReserved));
                break;
            case "+":
                _steps.Push(new Step(node.FirstChild, level, Single: false, skipReserved));
                break;
            case var name:
                _steps.Push(new Step(node.Child(name), level, Single: true, SkipReserved: false));
                break;
        }
    }

    /// <param name="Node">The next sibling to visit.</param>
    /// <param name="Level">Which level of the filter it stands for; the number of levels when below a <c>#</c>.</param>
    /// <param name="Single">Whether its siblings are left out.</param>
    /// <param name="SkipReserved">Whether names that begin with <c>$</c> are left out ([MQTT-4.7.2-1]).</param>
    private readonly record struct Step(RetainedNode? Node, int Level, bool Single, bool SkipReserved);
}
