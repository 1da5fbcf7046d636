namespace Akka.Mqtt.Server;

/// <summary>How strictly the rules of an ACL file are taken.</summary>
public enum AclMode
{
    /// <summary>
    /// A denial counts before any grant, SUBSCRIBE is refused where nothing may be read, and a name with <c>/</c> gets nothing from a pattern.
    /// </summary>
    Strict,

    /// <summary>
    /// As mosquitto has it: the user's own rules count before patterns, SUBSCRIBE is always granted and each delivery checked, and names are put
    /// into patterns as they are, unless they have <c>+</c> or <c>#</c>.
    /// </summary>
    Mosquitto,
}
