package io.sskuba.infra.aws;

/// Type tokens of the AWS plan that others than the plan itself have to know.
public final class AwsNames {
  public static final String VPC = "aws:ec2/vpc:Vpc";
  public static final String GATEWAY = "aws:ec2/internetGateway:InternetGateway";
  public static final String SUBNET = "aws:ec2/subnet:Subnet";
  public static final String TABLE = "aws:ec2/routeTable:RouteTable";
  public static final String ROUTE = "aws:ec2/route:Route";
  public static final String ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation";
  public static final String ADDRESS = "aws:ec2/eip:Eip";
  public static final String NAT = "aws:ec2/natGateway:NatGateway";
  public static final String GROUP = "aws:ec2/securityGroup:SecurityGroup";
  public static final String INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
  public static final String EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";
  public static final String BALANCER = "aws:lb/loadBalancer:LoadBalancer";
  public static final String TARGETS = "aws:lb/targetGroup:TargetGroup";
  public static final String LISTENER = "aws:lb/listener:Listener";
  public static final String ATTACHMENT = "aws:lb/targetGroupAttachment:TargetGroupAttachment";
  public static final String INSTANCE = "aws:ec2/instance:Instance";
  public static final String ROLE = "aws:iam/role:Role";
  public static final String ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy";
  public static final String PROFILE = "aws:iam/instanceProfile:InstanceProfile";
  public static final String RECORD = "aws:route53/record:Record";

  private AwsNames() {}
}
