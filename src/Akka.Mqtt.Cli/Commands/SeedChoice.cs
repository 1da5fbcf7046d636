using Akka.Actor;

namespace Akka.Mqtt.Cli.Commands;

/// <summary>
/// Chooses the seeds of a node when its seeds are DNS names. In Akka.Cluster the first seed of the list starts a new cluster. This node is the first only if
/// its address is the first of all addresses, and the names have not changed since they were last resolved. Otherwise two nodes could both be the first, if a
/// name does not yet have the address of the other one.
/// </summary>
/// <param name="self">The address of this node.</param>
internal sealed class SeedChoice(Address self)
{
    private Address[] _before = [];

    /// <summary>The names were resolved.</summary>
    /// <param name="found">The addresses of all names.</param>
    /// <returns>The seeds; none when this node is alone and may not start a cluster yet.</returns>
    public IReadOnlyList<Address> Next(IEnumerable<Address> found)
    {
        var all = found.Distinct().OrderBy(static each => each.ToString(), StringComparer.Ordinal).ToArray();
        var isSame = all.SequenceEqual(_before);
        _before = all;
        return isSame || all.Length == 0 || !all[0].Equals(self) ? all : all[1..];
    }
}
