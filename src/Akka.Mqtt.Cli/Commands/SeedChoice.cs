using Akka.Actor;

namespace Akka.Mqtt.Cli.Commands;

/// <summary>
/// Decides by which seeds a node joins when its seeds are names. Akka.Cluster lets the first seed of the list begin a cluster. So this node is in front only when its
/// address is the first one of all, and the names have not changed since they were last resolved: a name that has not got the address of another node yet would make
/// both of them the first. Plain code.
/// </summary>
/// <param name="self">The address of this node.</param>
internal sealed class SeedChoice(Address self)
{
    private Address[] _before = [];

    /// <summary>The names were resolved.</summary>
    /// <param name="found">The addresses of all names.</param>
    /// <returns>The seeds to join by; none when this node is alone and may not begin a cluster yet.</returns>
    public IReadOnlyList<Address> Next(IEnumerable<Address> found)
    {
        var all = found.Distinct().OrderBy(static each => each.ToString(), StringComparer.Ordinal).ToArray();
        var isSame = all.SequenceEqual(_before);
        _before = all;
        return isSame || all.Length == 0 || !all[0].Equals(self) ? all : all[1..];
    }
}
