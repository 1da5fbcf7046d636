namespace Akka.Mqtt.Server;

/// <summary>How strictly the rules of an ACL file are applied.</summary>
public enum AclMode
{
    /// <summary>
    /// A denial takes precedence over every grant. SUBSCRIBE is refused where no message may be read. A name with <c>/</c> is not put into
    /// patterns.
    /// </summary>
    Strict,

    /// <summary>
    /// As in mosquitto: the user's own rules take precedence over patterns, SUBSCRIBE is always granted and each delivery is checked.
    /// Names are put into patterns unchanged, unless they contain <c>+</c> or <c>#</c>.
    /// </summary>
    Mosquitto,
}
